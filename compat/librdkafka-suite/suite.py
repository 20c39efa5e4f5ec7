#!/usr/bin/env python3
"""librdkafka's tests, each in a process of its own, held against what Apache Kafka gets.

  suite.py HOME [--mode MODE] [--all] [--record] [TEST...]

MODE: default; idempotent (every producer of the tests is); old (api.version.request=false, as to a broker of 0.10.0.0, for which
Apache Kafka 3.9.2 is the oracle).  Without names: the tests that take Apache less than QUICK_SECONDS; with --all every one.  A test
that passes on Apache (apache-MODE.tsv) must pass here, unless the file `skip` says why not.  --record, with BROKER=apache, writes
that table, of what it has run.  The logs are HOME/logs/<broker>-<mode>/TEST.log.  The closing line is `N passed, N failed`.
"""
import argparse
import concurrent.futures
import itertools
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
import brokers  # noqa: E402  (PYTHONPATH, see run.sh)

QUICK_SECONDS = 6
TEST_SECONDS = 400
JOBS = int(os.environ.get('JOBS', '4'))  # they mostly wait
# Tests that measure time: they have the machine to themselves, after the others, and the best of so many runs counts.
MEASURE = ('0055_producer_latency',)
MEASURE_RUNS = 3
# Of the runner's closing table: a test, and what became of it.  "ALL TESTS PASSED" it says of skipped ones, too.
SUMMARY_LINE = re.compile(r'^\|(?:\x1b\[\d+m)? *(\w+) *\| *(\w+)', re.MULTILINE)
# Apache's scripts that some tests call, by the class that each runs.
SCRIPTS = {
    'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
    'kafka-configs': 'kafka.admin.ConfigCommand',
    'kafka-acls': 'org.apache.kafka.tools.AclCommand',
    'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
    'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
    'kafka-broker-api-versions': 'org.apache.kafka.tools.BrokerApiVersionsCommand',
}
# What the runner believes to talk to, its further options and configuration, and the release of Apache that is the oracle.
MODES = {
    'default': ('4.3.1', [], '', '4.3.1'),
    'idempotent': ('4.3.1', ['-P'], '', '4.3.1'),
    'old': ('0.10.0.0', [], 'api.version.request=false\nbroker.version.fallback=0.10.0.0\n', '3.9.2'),
}


def table(name):
    with open(os.path.join(HERE, name)) as file:
        return [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]


def make_kafka_path(home):
    """A folder that looks like an installation of Apache Kafka, as far as the tests look; those that believe in an old broker
    create topics by way of ZooKeeper, whose address is the broker's then."""
    path = os.path.join(home, 'kafka')
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(os.path.join(path, 'bin'))
    jars = brokers.apache_jars('4.3.1')
    os.symlink(jars, os.path.join(path, 'libs'))
    run = 'exec %s -cp "%s/*:$CLASSPATH" ' % (' '.join(brokers.QUICK_JVM), jars)
    scripts = {name: run + main for name, main in SCRIPTS.items()} | {'kafka-run-class': run}
    for name, line in scripts.items():
        script = os.path.join(path, 'bin', name + '.sh')
        with open(script, 'w') as file:
            file.write('#!/bin/bash\n%s "${@/#--zookeeper/--bootstrap-server}"\n' % line)
        os.chmod(script, 0o755)
    return path


class Runner:
    def __init__(self, home, broker, kafka_path, mode):
        version, self.options, more, _ = MODES[mode]
        self.tests, self.broker = os.path.join(home, 'tests'), broker
        self.logs = os.path.join(home, 'logs', '%s-%s' % (broker.name, mode))
        shutil.rmtree(self.logs, ignore_errors=True)
        os.makedirs(self.logs)
        conf = os.path.join(self.logs, 'test.conf')
        with open(conf, 'w') as file:
            file.write('bootstrap.servers=%s\nbroker.address.family=v4\ntest.topic.random=true\ntest.timeout.multiplier=2\n%s' %
                       (broker.bootstrap, more))
        # Without CI: the runner would skip what measures time, and be more patient elsewhere, than where the tables were made.
        self.environment = {name: value for name, value in os.environ.items() if name != 'CI'} | {
            'LD_LIBRARY_PATH': '../src:../src-cpp', 'TEST_KAFKA_VERSION': version, 'BROKERS': broker.bootstrap,
            'KAFKA_PATH': kafka_path, 'ZK_ADDRESS': broker.bootstrap, 'RDKAFKA_TEST_CONF': conf}

    def measure(self, test):
        """What `run` says, as soon as it is PASS."""
        for _ in range(MEASURE_RUNS):
            result, seconds = self.run(test)
            if result == 'PASS':
                break
        return result, seconds

    def run(self, test):
        """PASS, FAIL or SKIP, and how long it took."""
        command = ['./test-runner', '-p1', '-Q', '-E', '-L', '-K', *self.options]
        log = os.path.join(self.logs, test + '.log')
        start = time.monotonic()

        def result(word):
            return word, time.monotonic() - start
        with open(log, 'wb') as file:
            process = subprocess.Popen(command, cwd=self.tests, env=dict(self.environment, TESTS=test.split('_')[0]), stdout=file,
                                       stderr=file, stdin=subprocess.DEVNULL, start_new_session=True)
            brokers.STARTED.append(process)
            try:
                process.wait(TEST_SECONDS)
            except subprocess.TimeoutExpired:
                brokers.end_program(process)
                return result('FAIL')
        if process.returncode != 0:
            return result('FAIL')
        with open(log, errors='replace') as file:
            words = dict(SUMMARY_LINE.findall(file.read()))
        return result({'PASSED': 'PASS', 'SKIPPED': 'SKIP'}.get(words.get(test), 'FAIL'))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('home')
    parser.add_argument('--mode', choices=MODES, default='default')
    parser.add_argument('--all', action='store_true')
    parser.add_argument('--record', action='store_true')
    parser.add_argument('tests', nargs='*', metavar='TEST')
    options = parser.parse_intermixed_args()
    brokers.end_all_on_signals()
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    oracle = 'apache-%s.tsv' % options.mode
    if not options.record and not os.path.exists(os.path.join(HERE, oracle)):
        parser.error('no %s yet: BROKER=apache and --record make it' % oracle)
    expected = {test: (result, float(seconds))
                for test, result, seconds in table('apache-default.tsv' if options.record else oracle)}
    skipped = {test for mode, test, _ in table('skip') if mode in ('every', options.mode)}
    unknown = [name for name in [*options.tests, *skipped] if name not in expected]
    if unknown or (options.record and make_broker is not brokers.Apache):
        parser.error('not a test: %s' % ', '.join(unknown) if unknown else 'only Apache is recorded')
    chosen = options.tests or [name for name, (result, seconds) in expected.items()
                               if (options.all or seconds < QUICK_SECONDS) and
                               (options.record or (result == 'PASS' and name not in skipped))]
    make_broker.prepare()
    kafka_path = make_kafka_path(options.home)
    broker = make_broker(os.path.join(options.home, 'broker-' + make_broker.name), {'num.partitions': 4})
    broker.release = MODES[options.mode][-1]
    broker.start()
    runner = Runner(options.home, broker, kafka_path, options.mode)
    failed, rows = [], []
    together = [test for test in chosen if test not in MEASURE]
    alone = [test for test in chosen if test in MEASURE]
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = itertools.chain(zip(together, pool.map(runner.run, together)), ((test, runner.measure(test)) for test in alone))
        for test, (result, seconds) in results:
            rows.append((test, result, '%.1f' % seconds))
            if options.record:
                print(*rows[-1], flush=True)
            elif result != expected[test][0]:
                failed.append(test)
                print('%s: %s after %.0f s, on Apache %s' % (test, result, seconds, expected[test][0]), flush=True)
    try:
        broker.check_alive()
        if not broker.stop():
            failed.append('a clean stop of the broker')
    except brokers.BrokerError as error:
        failed.append(str(error))
    if options.record:
        with open(os.path.join(HERE, oracle), 'w') as file:
            file.write("# What librdkafka 2.15.1's tests get from Apache Kafka %s; see suite.py.\n# test\tresult\tseconds\n" % broker.release)
            file.writelines('\t'.join(row) + '\n' for row in rows)
    for name in failed:
        print('failed: %s' % name)
    print('logs: %s' % runner.logs)
    print('%d passed, %d failed' % (max(0, len(chosen) - len(failed)), len(failed)))
    sys.exit(1 if failed or not chosen else 0)


if __name__ == '__main__':
    main()
