"""The story in containers: docker-compose.yml under podman-compose, and a consumer outside, on this machine."""
import os
import subprocess

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'docker-compose.yml')
PROJECT = 'tweets'


def run(*command, environment=None, check=True):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True,
                          errors='replace', timeout=600, env=dict(os.environ, **environment or {}))
    if check and done.returncode != 0:
        raise OSError('%s: %d\n%s' % (' '.join(command), done.returncode, done.stdout))
    return done.stdout


class Containers:
    bootstrap_here = 'localhost:9092'

    def __init__(self, programs, work):
        self.programs, self.work = programs, work
        self.environment = {'TWEETS_DATA': os.path.join(work, 'data')}
        self.outside = None
        self.addresses = {}

    def compose(self, *arguments):
        return run('podman-compose', '-p', PROJECT, '-f', FILE, *arguments, environment=self.environment, check=False)

    @staticmethod
    def container(name):
        return '%s_%s_1' % (PROJECT, name)

    def up(self):
        with open(os.path.join(self.work, 'up.log'), 'w') as log:
            log.write(self.compose('up', '-d'))
        with open(os.path.join(self.work, 'outside.log'), 'wb') as log:
            self.outside = subprocess.Popen(
                [os.path.join(self.programs, 'run'), 'store-3.0.12', 'outside', self.bootstrap_here,
                 os.path.join(self.work, 'data', 'tweets.sqlite')], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill(self, name):
        self.addresses[name] = run('podman', 'inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.MacAddress}}{{end}}',
                                   self.container(name)).split()
        run('podman', 'kill', '-s', 'KILL', self.container(name))
        run('podman', 'wait', self.container(name))

    def start(self, name):
        """With the addresses that it had, as Docker does.  Of podman it would get the next ones: clients before 4.0 look for a broker
        only where it was (KIP-899), and those before 2.7 wait two minutes for a connection (KIP-601)."""
        container, network = self.container(name), PROJECT + '_default'
        address, hardware = self.addresses.pop(name)
        run('podman', 'network', 'disconnect', network, container)
        run('podman', 'network', 'connect', '--ip', address, '--mac-address', hardware, '--alias', name, network, container)
        run('podman', 'start', container)

    def exit_code(self, name):
        """None while it runs."""
        state = run('podman', 'inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', self.container(name)).split()
        return int(state[1]) if state[0] == 'exited' else None

    def logs(self):
        text = ''
        for name in run('podman', 'ps', '-a', '--format', '{{.Names}}').split():
            text += '--- %s\n%s\n' % (name, run('podman', 'logs', name, check=False)[-3000:])
        with open(os.path.join(self.work, 'outside.log'), errors='replace') as log:
            return text + '--- outside\n' + log.read()[-3000:]

    def down(self):
        if self.outside:
            self.outside.kill()
            self.outside.wait()
        self.compose('down', '-v', '-t', '2')
