"""Networks as a container engine makes them, in the network namespace of this process.

          lan (192.168.77.20) ---- host (192.168.77.10)
                                    |            |
                      br-a (172.30.1.1,      br-b
                        fd30:1::1)            (172.30.2.1)
                        |        |              |        |
                     broker   sibling        broker    cousin
                  172.30.1.2  172.30.1.3   172.30.2.2  172.30.2.3
                         neighbour
                         172.30.1.4, where a second broker may be

run.sh starts all of it in namespaces of its own, which the kernel removes with their last process, however that ends.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
LAN_HOST, LAN_CLIENT = '192.168.77.10', '192.168.77.20'
NEIGHBOUR_A = '172.30.1.4'
BROKER_A, BROKER_B, BROKER_A6 = '172.30.1.2', '172.30.2.2', 'fd30:1::2'

# As a container engine sets up the file system of a container: names it knows, a mark that it is one, a host name.
ENTER = r'''
set -eu
hosts=$1 mark=$2 name=$3; shift 3
hostname "$name"
mount --bind "$hosts" /etc/hosts
mount --bind "${hosts%/*}/nsswitch.conf" /etc/nsswitch.conf
if [ "$mark" = container ]; then mount -t tmpfs tmpfs /run; touch /run/.containerenv; fi
exec "$@"
'''


def run(*command):
    subprocess.run(command, check=True)


class Networks:
    def __init__(self, home):
        self.home = home
        self.children = []
        self.published = {}
        run('mount', '-t', 'tmpfs', 'tmpfs', '/run')  # of this mount namespace alone
        for text in ('link set lo up', 'link add lan type veth peer name lan0', 'addr add %s/24 dev lan' % LAN_HOST, 'link set lan up',
                     'link add br-a type bridge', 'addr add 172.30.1.1/24 dev br-a', 'addr add fd30:1::1/64 dev br-a nodad', 'link set br-a up',
                     'link add br-b type bridge', 'addr add 172.30.2.1/24 dev br-b', 'link set br-b up'):
            run('ip', *text.split())
        with open(os.path.join(home, 'nsswitch.conf'), 'w') as nsswitch:
            nsswitch.write('hosts: files\n')
        self.namespace('lan', {})
        run('ip', 'link', 'set', 'lan0', 'netns', 'lan')
        self.configure('lan', 'lan0', LAN_CLIENT + '/24')
        self.namespace('broker', {'f00dcafe': BROKER_A, 'kafka': BROKER_A, 'kafka-0.kafka.default.svc.cluster.local': BROKER_A})
        self.attach('broker', 'br-a', 'eth0', BROKER_A + '/24', BROKER_A6 + '/64')
        self.attach('broker', 'br-b', 'eth1', BROKER_B + '/24')
        run('ip', '-n', 'broker', 'route', 'add', 'default', 'via', '172.30.1.1')
        self.namespace('sibling', {'kafka': BROKER_A, 'f00dcafe': BROKER_A, 'kafka6': BROKER_A6})
        self.attach('sibling', 'br-a', 'eth0', '172.30.1.3/24', 'fd30:1::3/64')
        run('ip', '-n', 'sibling', 'route', 'add', 'default', 'via', '172.30.1.1')
        self.namespace('neighbour', {'kafka': BROKER_A})
        self.attach('neighbour', 'br-a', 'eth0', NEIGHBOUR_A + '/24')
        self.namespace('cousin', {'kafka': BROKER_B})
        self.attach('cousin', 'br-b', 'eth0', '172.30.2.3/24')
        self.write_hosts('host', {})

    def write_hosts(self, name, known):
        with open(os.path.join(self.home, name + '.hosts'), 'w') as hosts:
            hosts.write('127.0.0.1 localhost\n::1 localhost\n')
            for host, address in known.items():
                hosts.write('%s %s\n' % (address, host))

    def namespace(self, name, known):
        run('ip', 'netns', 'add', name)
        run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        self.write_hosts(name, known)

    def configure(self, name, interface, *addresses):
        for address in addresses:
            run('ip', '-n', name, 'addr', 'add', address, 'dev', interface, *(['nodad'] if ':' in address else []))
        run('ip', '-n', name, 'link', 'set', interface, 'up')

    def attach(self, name, bridge, interface, *addresses):
        outside = '%s.%s' % (name, bridge)
        run('ip', 'link', 'add', outside, 'type', 'veth', 'peer', 'name', interface, 'netns', name)
        run('ip', 'link', 'set', outside, 'master', bridge, 'up')
        self.configure(name, interface, *addresses)

    def inside(self, name, command, environment=()):
        """The command, to be run there: on 'host', 'lan', or in a container: 'broker', 'sibling', 'neighbour' or 'cousin'."""
        enter = [] if name == 'host' else ['nsenter', '--net=/run/netns/' + name]
        mark = 'machine' if name in ('host', 'lan') else 'container'
        hostname = 'f00dcafe' if name == 'broker' else name
        return enter + ['unshare', '--mount', '--uts', 'sh', '-c', ENTER, 'sh', os.path.join(self.home, name + '.hosts'), mark, hostname,
                        'env', *environment, *command]

    def start(self, command, log_path):
        with open(log_path, 'wb') as log:
            child = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        self.children.append(child)
        return child

    def forward(self, listen, target, namespace=()):
        """Publishes a port; the process that does so."""
        command = [sys.executable, os.path.join(HERE, 'forward.py'), listen, target, *namespace]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.children.append(child)
        if child.stdout.readline() != 'listening\n':
            raise OSError('forward.py %s %s did not start' % (listen, target))
        return child

    def end(self, child):
        if child.poll() is None:
            child.kill()
            child.wait()
