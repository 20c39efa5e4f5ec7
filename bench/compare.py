#!/usr/bin/env python3
"""The same raw load against Odradek and Apache Kafka, in alternating runs: ratios of the broker's CPU, with their spread.

  bench/compare.py [--pairs N] [--seconds S] [--durability MODE] [WORKLOAD...]

Both brokers stand side by side on loopback with recycling logs; the replayer (bench/load) is one epoll thread with
pre-encoded frames.  A row is a pair's ratio Apache / Odradek of CPU seconds per GiB, or microseconds per request; the table
gives the median and the range of the ratios.  Start times and idle memory are measured at the beginning.
"""
import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
from brokers import Apache, Odradek, apache_jars  # noqa: E402

LOAD = os.path.join(ROOT, 'build', 'release', 'odradek_load')

# name: what the replayer is told, and the figure that is compared
WORKLOADS = {
    'produce-100KB': (['produce', '--batch-bytes', '100000', '--connections', '1', '--depth', '5'], 'broker_cpu_s_per_gib'),
    'produce-16KB': (['produce', '--batch-bytes', '16000', '--connections', '4', '--depth', '5'], 'broker_cpu_s_per_gib'),
    'produce-100B': (['produce', '--batch-bytes', '100', '--record-bytes', '100', '--connections', '10', '--depth', '16'],
                     'broker_cpu_us_per_request'),
    'fetch-64KiB': (['fetch', '--batch-bytes', '16000', '--fetch-bytes', '65536', '--connections', '4'],
                    'broker_cpu_s_per_gib'),
}
# The page cache is reused instead of grown: fresh guest memory would be what is measured.
RECYCLING = {'log.retention.check.interval.ms': 200, 'log.initial.task.delay.ms': 0, 'file.delete.delay.ms': 50}
APACHE_WARM_UP_SECONDS = 20


class WarmApache(Apache):
    """Apache as its own scripts start it: G1, 1 GiB, the optimising compiler."""

    def java(self, *arguments):
        return ['java', '-Xmx1g', '-Xms1g', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20',
                '-XX:InitiatingHeapOccupancyPercent=35', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
                '-cp', apache_jars() + '/*', *arguments]


def first_answer_seconds(broker):
    """From exec to the first acknowledged produce, topic creation included."""
    broker.format()
    began = time.monotonic()
    with open(broker.log, 'ab') as log:
        broker.process = subprocess.Popen(broker.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=broker.home)
    while True:
        try:
            socket.create_connection(('127.0.0.1', broker.port), 1).close()
            break
        except OSError:
            broker.check_alive()
            time.sleep(0.001)
    load(broker, ['produce', '--topic', 'first', '--batch-bytes', '100', '--record-bytes', '100', '--depth', '1'], 0)
    return time.monotonic() - began


def load(broker, arguments, seconds, topic=None):
    command = [LOAD, *arguments, '--port', str(broker.port), '--seconds', str(seconds), '--broker-pid', str(broker.process.pid)]
    if topic:
        command += ['--topic', topic]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit('%s: %s' % (broker.name, done.stderr.strip()))
    return json.loads(done.stdout)


def resident_mib(broker):
    with open('/proc/%d/statm' % broker.process.pid) as file:
        return int(file.read().split()[1]) * os.sysconf('SC_PAGESIZE') / (1 << 20)


def compare(name, brokers, pairs, seconds, acks):
    arguments, figure = WORKLOADS[name]
    arguments = arguments + ['--acks', str(acks)]
    ours, theirs, ratios = [], [], []
    load(brokers['apache'], arguments, APACHE_WARM_UP_SECONDS, name)
    for pair in range(pairs):
        order = ['odradek', 'apache'] if pair % 2 == 0 else ['apache', 'odradek']
        row = {broker: load(brokers[broker], arguments, seconds, name) for broker in order}
        print(json.dumps({'workload': name, 'pair': pair, **row}), flush=True)
        ours.append(row['odradek'][figure])
        theirs.append(row['apache'][figure])
        ratios.append(row['apache'][figure] / max(row['odradek'][figure], 1e-9))
    unit = 's/GiB' if figure.endswith('gib') else 'us/request'
    return '| %s | %.2f %s | %.2f | %.1f (%.1f - %.1f) |' % (
        name, statistics.median(ours), unit, statistics.median(theirs), statistics.median(ratios), min(ratios), max(ratios))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pairs', type=int, default=5)
    parser.add_argument('--seconds', type=float, default=3)
    parser.add_argument('--acks', type=int, default=1)
    parser.add_argument('--durability', default='relaxed', help='of Odradek; Apache is always relaxed')
    parser.add_argument('workloads', nargs='*', metavar='WORKLOAD', help=', '.join(WORKLOADS))
    options = parser.parse_args()
    names = options.workloads or list(WORKLOADS)
    unknown = [name for name in names if name not in WORKLOADS]
    if unknown:
        parser.error('no such workload: %s; there are %s' % (unknown[0], ', '.join(WORKLOADS)))

    home = os.path.join(ROOT, 'build', 'bench')
    brokers = {
        'odradek': Odradek(os.path.join(home, 'odradek'), {**RECYCLING, 'odradek.durability': options.durability}),
        'apache': WarmApache(os.path.join(home, 'apache'), RECYCLING),
    }
    starts, idle = {}, {}
    try:
        for name, broker in brokers.items():
            broker.prepare()
            starts[name] = first_answer_seconds(broker)
            time.sleep(3)
            idle[name] = resident_mib(broker)
        rows = [compare(name, brokers, options.pairs, options.seconds, options.acks) for name in names]
    finally:
        for broker in brokers.values():
            broker.stop()
    print('\nbroker CPU, acks=%d, Odradek %s, Apache Kafka 4.3.1 (no sync), %d pairs of %g s' % (
        options.acks, options.durability, options.pairs, options.seconds))
    print('| workload | Odradek | Apache | ratio (range) |\n|---|---|---|---|')
    print('\n'.join(rows))
    print('| exec to first acknowledged produce | %.0f ms | %.0f ms | |' % (starts['odradek'] * 1000, starts['apache'] * 1000))
    print('| resident memory after it | %.1f MiB | %.1f MiB | |' % (idle['odradek'], idle['apache']))


if __name__ == '__main__':
    main()
