"""The story with each part on a host of its own: the same programs as in the containers, with other addresses.

       broker 10.77.0.1    producers 10.77.0.2    consumers 10.77.0.3    here 10.77.0.9
            |                    |                      |                   |
            +--------------------+--- a bridge ---------+-------------------+

The hosts are network namespaces inside the one that run.sh makes; they are gone with the last process.
"""
import os
import signal
import subprocess

ADDRESSES = {'broker': '10.77.0.1', 'producers': '10.77.0.2', 'consumers': '10.77.0.3'}
HERE = '10.77.0.9'
BOOTSTRAP = ADDRESSES['broker'] + ':9092'
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOPICS = 'tweets:6:1,tweets-shouted:6:1'

# As in docker-compose.yml: where, and which program with what.
SERVICES = {
    'producer-2.11': ('producers', 'producer-2.11 {bootstrap} 0 3000 150 {data}/acked-2.11'),
    'producer-3': ('producers', 'producer-3 {bootstrap} 3000 3000 150 {data}/acked-3'),
    'store-1.4.7': ('consumers', 'store-1.4.7 one {bootstrap} {data}/tweets.sqlite'),
    'store-3.0.12': ('consumers', 'store-3.0.12 two {bootstrap} {data}/tweets.sqlite'),
    'shout': ('consumers', 'shout shouter {bootstrap}'),
}
OUTSIDE = 'store-3.0.12 outside {bootstrap} {data}/tweets.sqlite'


def ip(text):
    subprocess.run(['ip', *text.split()], check=True)


class Hosts:
    bootstrap_here = BOOTSTRAP

    def __init__(self, programs, work):
        self.programs, self.work = programs, work
        self.processes = {}
        ip('link set lo up')
        ip('link add hosts type bridge')
        ip('addr add %s/24 dev hosts' % HERE)
        ip('link set hosts up')
        subprocess.run(['mount', '-t', 'tmpfs', 'tmpfs', '/run'], check=True)  # of this mount namespace alone
        for host, address in ADDRESSES.items():
            ip('netns add %s' % host)
            ip('link add to-%s type veth peer name eth0 netns %s' % (host, host))
            ip('link set to-%s master hosts up' % host)
            ip('-n %s addr add %s/24 dev eth0' % (host, address))
            ip('-n %s link set eth0 up' % host)
            ip('-n %s link set lo up' % host)

    def command(self, name):
        if name == 'broker':
            return 'broker', [os.environ.get('ODRADEK', os.path.join(ROOT, 'build', 'release', 'odradek')), 'serve',
                              '--set', 'log.dirs=%s' % os.path.join(self.work, 'broker'),
                              '--set', 'listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:9093' % BOOTSTRAP,
                              '--set', 'advertised.listeners=PLAINTEXT://%s' % BOOTSTRAP,
                              '--set', 'controller.listener.names=CONTROLLER', '--set', 'process.roles=broker,controller',
                              '--set', 'node.id=1', '--set', 'controller.quorum.voters=1@127.0.0.1:9093',
                              '--set', 'offsets.topic.replication.factor=1', '--set', 'transaction.state.log.replication.factor=1',
                              '--set', 'transaction.state.log.min.isr=1', '--set', 'odradek.create.topics=' + TOPICS]
        host, text = SERVICES.get(name, (None, OUTSIDE))
        filled = text.format(bootstrap=BOOTSTRAP, data=os.path.join(self.work, 'data'))
        return host, [os.path.join(self.programs, 'run'), *filled.split()]

    def start(self, name):
        host, command = self.command(name)
        enter = ['nsenter', '--net=/run/netns/' + host] if host else []
        with open(os.path.join(self.work, name + '.log'), 'ab') as log:
            self.processes[name] = subprocess.Popen(enter + command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def up(self):
        for name in ('broker', *SERVICES, 'outside'):
            self.start(name)

    def kill(self, name):
        self.processes[name].kill()
        self.processes[name].wait()

    def exit_code(self, name):
        return self.processes[name].poll()

    def logs(self):
        text = ''
        for name in self.processes:
            with open(os.path.join(self.work, name + '.log'), errors='replace') as log:
                text += '--- %s\n%s\n' % (name, log.read()[-3000:])
        return text

    def down(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
