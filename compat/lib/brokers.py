"""A broker for a story: Odradek, or Apache Kafka as the oracle, both from the same server.properties.

Each lives on free loopback ports with its data and log in a folder of its own, is ended by its process id, and can be
killed and started again on the same data and ports.
"""
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLUSTER_ID = 'odradekCompat000000000'
START_TIMEOUT_SECONDS = 90
# For programs that live for seconds.
QUICK_JVM = ('java', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xshare:auto')


def free_ports(count):
    """Below the range that outgoing connections take their ports from: a client that retries while the broker is away must not
    get the broker's port, or end up connected to itself."""
    ports = []
    while len(ports) < count:
        port = random.randrange(15000, 32000)
        with socket.socket() as probe:
            try:
                probe.bind(('127.0.0.1', port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


class BrokerError(Exception):
    pass


# Everything that was started leads a process group of its own, so that it ends with all its children.
STARTED = []


def start_program(command, log_path, cwd, environment=None):
    """environment: variables beside those of this process."""
    with open(log_path, 'ab') as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=cwd, start_new_session=True,
                                   env=dict(os.environ, **environment or {}))
    STARTED.append(process)
    return process


def end_program(process):
    """Kills it and what it has started; nothing if it has been waited for."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def end_all_on_signals():
    """SIGTERM or SIGINT of a driver end what it has started, too."""
    def end(number, _):
        for process in STARTED:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        os._exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)


class Broker:
    def __init__(self, home, properties=()):
        self.home, self.data = home, os.path.join(home, 'data')
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(home)
        port, controller = free_ports(2)
        self.port, self.ports, self.bootstrap = port, (port, controller), '127.0.0.1:%d' % port
        self.log = os.path.join(home, 'broker.log')
        self.config = os.path.join(home, 'server.properties')
        lines = {
            'process.roles': 'broker,controller', 'node.id': 1,
            'controller.quorum.voters': '1@127.0.0.1:%d' % controller,
            'listeners': 'PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d' % (port, controller),
            'advertised.listeners': 'PLAINTEXT://127.0.0.1:%d' % port,
            'controller.listener.names': 'CONTROLLER', 'inter.broker.listener.name': 'PLAINTEXT',
            'log.dirs': self.data, 'num.partitions': 3, 'group.initial.rebalance.delay.ms': 0,
            'offsets.topic.replication.factor': 1, 'transaction.state.log.replication.factor': 1,
            'transaction.state.log.min.isr': 1, 'share.coordinator.state.topic.replication.factor': 1,
            'share.coordinator.state.topic.min.isr': 1,
        }
        lines.update(properties)
        with open(self.config, 'w') as file:
            file.writelines('%s=%s\n' % line for line in lines.items())
        self.process, self.environment = None, {}

    def start(self):
        self.format()
        self.process = start_program(self.command(), self.log, self.home, self.environment)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise BrokerError('the broker ended with %d; see %s' % (self.process.returncode, self.log))
            try:
                socket.create_connection(('127.0.0.1', self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise BrokerError('no answer on port %d; see %s' % (self.port, self.log))

    def format(self):
        pass

    def kill(self):
        """kill -9: what the page cache holds is all that is left."""
        end_program(self.process)

    def stop(self):
        """SIGTERM; answers whether it ended by itself, with 0 or as a JVM does."""
        if self.process is None or self.process.poll() is not None:
            return True
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(30) in (0, 143)
        except subprocess.TimeoutExpired:
            self.kill()
            return False

    def check_alive(self):
        if self.process.poll() is not None:
            raise BrokerError('the broker ended with %d; see %s' % (self.process.returncode, self.log))


class Odradek(Broker):
    name = 'odradek'
    program = os.environ.get('ODRADEK', os.path.join(ROOT, 'build', 'release', 'odradek'))

    @classmethod
    def prepare(cls):
        if not os.access(cls.program, os.X_OK):
            raise BrokerError('no program %s: ./dev build makes it' % cls.program)

    def command(self):
        return [self.program, 'serve', '-c', self.config]


class Apache(Broker):
    """The release that ORACLE_VERSION names, or the one that it is told."""
    name = 'apache'
    release = os.environ.get('ORACLE_VERSION', '4.3.1')

    @classmethod
    def prepare(cls):
        apache_jars(cls.release)

    def java(self, *arguments):
        return [*QUICK_JVM, '-Xmx512m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
                '-cp', apache_jars(self.release) + '/*', *arguments]

    def format(self):
        if not os.path.exists(os.path.join(self.data, 'meta.properties')):
            with open(self.log, 'ab') as log:
                subprocess.run(self.java('kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', self.config), check=True,
                               stdout=log, stderr=log, timeout=START_TIMEOUT_SECONDS)

    def command(self):
        return self.java('kafka.Kafka', self.config)


BROKERS = {broker.name: broker for broker in (Odradek, Apache)}


@functools.lru_cache(maxsize=None)
def apache_jars(release=Apache.release):
    done = subprocess.run([os.path.join(ROOT, 'compat', 'lib', 'apache_jars.sh')], check=True, stdout=subprocess.PIPE, text=True,
                          timeout=600, env=dict(os.environ, ORACLE_VERSION=release))
    return done.stdout.strip()


def apache_java(*arguments, log_level='error', options=(), release=Apache.release):
    """The command that runs a class of Apache Kafka for seconds: a JVM that starts fast, its classes read from an archive."""
    jars = apache_jars(release)
    return [*QUICK_JVM, '-Xmx256m', *archive_options(jars), *options,
            '-Dorg.slf4j.simpleLogger.defaultLogLevel=' + log_level, '-cp', jars + '/*', *map(str, arguments)]


@functools.lru_cache(maxsize=None)
def archive_options(jars):
    """What the tools of these jars load, parsed once and kept beside them: it halves what the start of each costs.  Made by one that
    lists the topics of our broker; without our program there is none."""
    archive = os.path.join(os.path.dirname(jars), 'classes.jsa')
    if not os.path.exists(archive):
        if not os.access(Odradek.program, os.X_OK):
            return []
        made = '%s.%d' % (archive, os.getpid())
        broker = Odradek(made + '.broker')
        broker.start()
        try:
            subprocess.run([*QUICK_JVM, '-XX:ArchiveClassesAtExit=' + made, '-cp', jars + '/*', 'org.apache.kafka.tools.TopicCommand',
                            '--bootstrap-server', broker.bootstrap, '--list'],
                           check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        finally:
            broker.stop()
        shutil.rmtree(broker.home)
        os.replace(made, archive)
    return ['-XX:SharedArchiveFile=' + archive]
