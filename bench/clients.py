"""Real clients, the same commands against both brokers: what they report, and the CPU of client and broker together.

librdkafka's rdkafka_performance, and Apache's ProducerPerformance, ConsumerPerformance and EndToEndLatency.
"""
import functools
import os
import re
import statistics
import subprocess
import time

import load
import machine
from measure import Row
from rivals import ROOT, brokers
from workloads import KEPT

RECORD_BYTES = 1000
RECORDS = 1000000
RECORDS_PER_BATCH = 15  # of 1,000 bytes in 16,000
JAVA = ['java', '-Xmx512m', '-XX:+UseG1GC', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error']


def java(broker, tool, *arguments):
    jars = brokers.apache_jars('4.3.1')
    return [*JAVA, '-cp', jars + '/*', 'org.apache.kafka.tools.' + tool, *arguments]


@functools.cache
def librdkafka():
    done = subprocess.run([os.path.join(ROOT, 'bench', 'rdkafka_performance.sh')], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise load.LoadError('rdkafka_performance could not be built: ' + done.stderr[-300:])
    return done.stdout.strip()


def timed(broker, command):
    """Runs a client: its output, and the CPU seconds of both."""
    before, own = machine.process_seconds(broker.process.pid), os.times()
    began = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    seconds = time.monotonic() - began
    if done.returncode != 0:
        raise load.LoadError('%s: %s ended with %d: %s' % (broker.name, command[0], done.returncode, done.stdout[-300:]))
    now = os.times()
    client = now.children_user + now.children_system - own.children_user - own.children_system
    served = machine.process_seconds(broker.process.pid) - before
    return done.stdout, {'client+broker CPU': client + served, 'broker CPU': served, 'records/s': RECORDS / seconds}


def fill(broker, topic):
    """A topic with at least RECORDS records of RECORD_BYTES."""
    load.run(broker, 'produce --batch-bytes 16000 --record-bytes 1000 --depth 5 --requests %d --seconds 120 --warm-up 0' % (-(-RECORDS // RECORDS_PER_BATCH)),
             topic, KEPT)


def found(pattern, text):
    match = re.search(pattern, text)
    if not match:
        raise load.LoadError('no %r in: %s' % (pattern, text[-300:]))
    return float(match.group(1))


def last_row(table):
    """The numbers of rdkafka_performance's last line of its table (-u)."""
    rows = [line for line in table.splitlines() if re.match(r'\|\s*\d', line)]
    if not rows:
        raise load.LoadError('no table in: ' + table[-300:])
    return [float(cell) for cell in rows[-1].strip().strip('|').split('|')]


def librdkafka_produce(broker):
    load.run(broker, 'create', 'rdkafka', KEPT)
    out, figures = timed(broker, [librdkafka(), '-P', '-t', 'rdkafka', '-p', '0', '-b', broker_address(broker), '-s', str(RECORD_BYTES),
                                  '-c', str(RECORDS), '-a', '1', '-u'])
    delivered, errors = last_row(out)[4], last_row(out)[7]
    if delivered != RECORDS or errors:
        raise load.LoadError('%s: %d records of %d delivered, %d errors' % (broker.name, delivered, RECORDS, errors))
    return figures


def librdkafka_consume(broker):
    fill(broker, 'rdkafka-read')
    out, figures = timed(broker, [librdkafka(), '-C', '-t', 'rdkafka-read', '-p', '0', '-b', broker_address(broker), '-o', 'beginning',
                                  '-c', str(RECORDS), '-u'])
    consumed, errors = last_row(out)[1], last_row(out)[6]
    if consumed < RECORDS or errors:
        raise load.LoadError('%s: %d records of %d consumed, %d errors' % (broker.name, consumed, RECORDS, errors))
    return figures


def java_produce(broker):
    load.run(broker, 'create', 'java', KEPT)
    out, figures = timed(broker, java(broker, 'ProducerPerformance', '--topic', 'java', '--num-records', str(RECORDS), '--record-size',
                                      str(RECORD_BYTES), '--throughput', '-1', '--bootstrap-server', broker_address(broker)))
    figures['records/s'] = [float(rate) for rate in re.findall(r'([\d.]+) records/sec', out)][-1]
    return figures


def java_consume(broker):
    fill(broker, 'java-read')
    return timed(broker, java(broker, 'ConsumerPerformance', '--topic', 'java-read', '--num-records', str(RECORDS), '--bootstrap-server',
                              broker_address(broker)))[1]


def java_end_to_end(broker):
    load.run(broker, 'create', 'java-e2e', KEPT)
    out, figures = timed(broker, java(broker, 'EndToEndLatency', '--bootstrap-server', broker_address(broker), '--topic', 'java-e2e',
                                      '--num-records', '5000', '--producer-acks', '1', '--record-size', '100'))
    del figures['records/s']
    # Its percentiles are whole milliseconds.
    figures.update({'average': found(r'Avg latency: ([\d.]+) ms', out) * 1000, 'p99': found(r'99th = ([\d.]+)', out) * 1000})
    return figures


def broker_address(broker):
    return '127.0.0.1:%d' % broker.port


def compared(name, figure, measure):
    """Nothing may be slower with us: the ratio of what both together cost, or of the latency, is at least 1."""
    def measurement(pair):
        runs = {kind: [] for kind in pair}
        for number in range(2):
            for kind in list(pair) if number % 2 == 0 else list(pair)[::-1]:
                runs[kind].append(measure(pair[kind]))
        middle = {kind: {key: statistics.median(run[key] for run in rows) for key in rows[0]} for kind, rows in runs.items()}
        yield Row(name, figure, middle['odradek'], middle.get('apache', {}), ratio_to_reach=1.0 if 'apache' in pair else 0.0,
                  bound='client')
    return measurement


MEASUREMENTS = {
    'rdkafka_performance-P': compared('rdkafka_performance-P', 'client+broker CPU', librdkafka_produce),
    'rdkafka_performance-C': compared('rdkafka_performance-C', 'client+broker CPU', librdkafka_consume),
    'ProducerPerformance': compared('ProducerPerformance', 'client+broker CPU', java_produce),
    'ConsumerPerformance': compared('ConsumerPerformance', 'client+broker CPU', java_consume),
    'EndToEndLatency': compared('EndToEndLatency', 'average', java_end_to_end),
}
