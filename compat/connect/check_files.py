"""A standalone Connect worker with a file source and a file sink, while the broker is killed with -9 and started again.

Every line of the source file must come to the sink's file, in order of first appearance; doubles are allowed, since the sink
promises at least once.  The closing line is `N passed, N failed`, a line each.
"""
import os
import shutil
import sys
import time

import apache_tools
import brokers

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'connect')
LINES = 3000
STRING = 'org.apache.kafka.connect.storage.StringConverter'


def append(path, numbers):
    with open(path, 'a') as file:
        file.writelines('line %d of a file\n' % number for number in numbers)


def lines_of(path):
    try:
        with open(path) as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def wait_for(path, count, worker):
    deadline = time.monotonic() + 120
    while len(set(lines_of(path))) < count and time.monotonic() < deadline:
        if worker.poll() is not None:
            raise brokers.BrokerError('the worker ended with %d' % worker.returncode)
        time.sleep(0.2)


def start_worker(broker, libs, source, sink):
    home = broker.home
    port, = brokers.free_ports(1)
    configs = [
        apache_tools.write_properties(os.path.join(home, 'worker.properties'), {
            'bootstrap.servers': broker.bootstrap, 'key.converter': STRING, 'value.converter': STRING,
            'plugin.discovery': 'service_load', 'offset.storage.file.filename': os.path.join(home, 'offsets'),
            'offset.flush.interval.ms': 1000, 'listeners': 'http://127.0.0.1:%d' % port}),
        apache_tools.write_properties(os.path.join(home, 'source.properties'), {
            'name': 'source', 'connector.class': 'FileStreamSource', 'tasks.max': 1, 'file': source, 'topic': 'lines'}),
        apache_tools.write_properties(os.path.join(home, 'sink.properties'), {
            'name': 'sink', 'connector.class': 'FileStreamSink', 'tasks.max': 1, 'file': sink, 'topics': 'lines',
            'consumer.override.auto.offset.reset': 'earliest'})]
    return apache_tools.program(libs, home, 'org.apache.kafka.connect.cli.ConnectStandalone', *configs)


def main():
    brokers.end_all_on_signals()
    kind = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    kind.prepare()
    libs = apache_tools.jars('connect-4.3.1', 'org.apache.kafka:connect-runtime:4.3.1', 'org.apache.kafka:connect-file:4.3.1',
                             'org.apache.kafka:kafka-tools:4.3.1', 'org.slf4j:slf4j-simple:1.7.36')
    shutil.rmtree(os.path.join(HOME, kind.name), ignore_errors=True)
    broker = kind(os.path.join(HOME, kind.name))
    source, sink = os.path.join(broker.home, 'source.txt'), os.path.join(broker.home, 'sink.txt')
    broker.start()
    try:
        apache_tools.create_topic(libs, broker.bootstrap, 'lines', 1)
        append(source, range(LINES // 2))
        worker = start_worker(broker, libs, source, sink)
        wait_for(sink, LINES // 2, worker)
        append(source, range(LINES // 2, LINES))
        broker.kill()
        broker.start()
        wait_for(sink, LINES, worker)
        brokers.end_program(worker)
    finally:
        broker.stop()
    first_seen = list(dict.fromkeys(lines_of(sink)))
    expected = lines_of(source)
    failed = sum(got != wanted for got, wanted in zip(first_seen, expected)) + abs(len(first_seen) - len(expected))
    print('%d passed, %d failed' % (len(expected) - failed, failed))
    sys.exit(1 if failed else 0)


main()
