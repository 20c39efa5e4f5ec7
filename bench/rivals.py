"""The two brokers of a comparison, side by side on loopback: ours, and Apache Kafka as its own scripts start it."""
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
from raw_client import RawClient, RefusedError  # noqa: E402

brokers.START_TIMEOUT_SECONDS = 400
# UNKNOWN_TOPIC_OR_PARTITION, LEADER_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER: of a broker that has only just started.
RETRIABLE = (3, 5, 6)
HOME = os.path.join(ROOT, 'build', 'bench')
RETENTION_CHECK_SECONDS = 0.2
PROPERTIES = {
    'log.retention.check.interval.ms': int(RETENTION_CHECK_SECONDS * 1000), 'log.initial.task.delay.ms': 0, 'log.cleaner.enable': 'false',
}


class Odradek(brokers.Odradek):
    def __init__(self, name, durability, properties=()):
        super().__init__(os.path.join(HOME, name), {**PROPERTIES, 'odradek.durability': durability, **dict(properties)})


class Apache(brokers.Apache):
    """G1, 1 GiB, the optimising compiler: kafka-server-start.sh's."""

    def __init__(self, name='apache', properties=()):
        super().__init__(os.path.join(HOME, name), {**PROPERTIES, **dict(properties)})

    def java(self, *arguments):
        return ['java', '-Xmx1g', '-Xms1g', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20',
                '-XX:InitiatingHeapOccupancyPercent=35', '-XX:+ExplicitGCInvokesConcurrent', '-Djava.awt.headless=true',
                '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', brokers.apache_jars(self.release) + '/*', *arguments]


class Process:
    def __init__(self, pid):
        self.pid = pid

    def poll(self):
        return None if os.path.exists('/proc/%d' % self.pid) else 0


class Guest:
    """A broker that somebody else has started, for --against; takes Apache's place in the tables."""

    def __init__(self, address):
        host, port, pid = address.rsplit(':', 2)
        if host not in ('127.0.0.1', 'localhost'):
            raise SystemExit('a broker is measured on its own machine: 127.0.0.1:PORT:PID')
        self.name, self.port, self.process = 'apache', int(port), Process(int(pid))

    def check_alive(self):
        if self.process.poll() is not None:
            raise brokers.BrokerError('the broker %d is not there' % self.process.pid)

    def stop(self):
        pass


def launch(broker):
    """Starts its process; answers a client on the first connection that is accepted."""
    broker.process = brokers.start_program(broker.command(), broker.log, broker.home)
    while True:
        try:
            return RawClient(broker.port)
        except OSError:
            broker.check_alive()
            time.sleep(0.0005)


def seconds_to_produce(broker, topic, create):
    """From exec to the first acknowledged produce.  As a client does, it asks again until the partition has its leader."""
    began = time.monotonic()
    client = launch(broker)
    if create:
        client.create_topic(topic)
    while not is_produced(client, topic):
        if time.monotonic() - began > brokers.START_TIMEOUT_SECONDS:
            raise brokers.BrokerError('%s has no leader for %s; see %s' % (broker.name, topic, broker.log))
        time.sleep(0.0005)
    return time.monotonic() - began


def is_produced(client, topic):
    try:
        client.produce(topic, b'x' * 100)
    except RefusedError as refused:
        if refused.code not in RETRIABLE:
            raise brokers.BrokerError('the first produce: %s' % refused)
        return False
    return True


def drop_from_cache(folder):
    """What was written goes to the disk, and out of the page cache."""
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith('.log'):
                descriptor = os.open(os.path.join(path, name), os.O_RDONLY)
                os.fsync(descriptor)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                os.close(descriptor)
