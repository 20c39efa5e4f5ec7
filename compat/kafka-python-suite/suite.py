#!/usr/bin/env python3
"""kafka-python's integration tests with a broker of ours; see run.sh.

  suite.py HOME [KAFKA_VERSION...]      against a broker that is running
  suite.py HOME --fixtures              with the tests' own fixtures, which start a ZooKeeper and brokers by KAFKA_ROOT/bin/kafka-run-class.sh:
                                        KAFKA_ROOT is what `odradek shims` makes
"""
import concurrent.futures
import os
import re
import subprocess
import sys

import brokers  # (PYTHONPATH, see run.sh)

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = ['test/test_admin_integration.py', 'test/test_consumer_integration.py', 'test/test_consumer_group.py', 'test/test_producer.py']
# One broker each, by the fixture `kafka_broker`.
FIXTURE_TESTS = ['test/test_producer.py', 'test/test_consumer_integration.py']
FIXTURE_VERSION = '1.1.1'
SUITE_SECONDS = 400


def skipped():
    with open(os.path.join(HERE, 'skip')) as file:
        return [line.split('\t')[0] for line in file if line.strip() and not line.startswith('#')]


def pytest(home, words, environment, as_of):
    """(passed, failed)"""
    command = [sys.executable, '-m', 'pytest', '-q', '--timeout=60', '-p', 'no:cacheprovider', *words]
    command += ['--deselect=' + test for test in skipped()]
    done = subprocess.run(command, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=SUITE_SECONDS)
    # The fixtures have words of their own to say when Python ends.
    summary = ([line for line in done.stdout.split('\n') if re.search(r'\d+ (passed|failed|error).* in ', line)] or ['no summary'])[-1]
    counts = dict((word, int(number)) for number, word in re.findall(r'(\d+) (passed|failed|errors?|xpassed)', summary))
    failed = counts.get('failed', 0) + counts.get('error', 0) + counts.get('errors', 0)
    if failed or done.returncode != 0:
        print(done.stdout[-15000:])
    print('%s: %s' % (as_of, summary), flush=True)
    return counts.get('passed', 0), failed or int(done.returncode != 0)


def run(home, make_broker, version):
    """(passed, failed) with the tests believing in this version, and a broker of their own."""
    broker = make_broker(os.path.join(home, 'broker-%s-%s' % (make_broker.name, version)), {'num.partitions': 4})
    broker.start()
    try:
        return run_against(home, broker, version)
    finally:
        broker.stop()


def run_against(home, broker, version):
    environment = dict(os.environ, BROKER_ID='1', KAFKA_VERSION=version, KAFKA_URI='kafka://' + broker.bootstrap,
                       ZOOKEEPER_URI='zk://' + broker.bootstrap, KAFKA_ROOT=home, PYTHONPATH='%s:%s' % (home, HERE))
    return pytest(home, ['-p', 'external_broker', *TESTS], environment, 'as of Kafka ' + version)


def run_with_fixtures(home):
    root = os.path.join(home, 'shims')
    subprocess.run([brokers.Odradek.program, 'shims', root], check=True, stdout=subprocess.DEVNULL)
    environment = dict(os.environ, KAFKA_ROOT=root, KAFKA_VERSION=FIXTURE_VERSION, PYTHONPATH=home)
    return pytest(home, FIXTURE_TESTS, environment, 'with its own fixtures')


def main():
    home, versions = sys.argv[1], sys.argv[2:] or ['0.10.2.2', '1.1.1', '2.4.0']
    brokers.end_all_on_signals()
    if versions == ['--fixtures']:
        end(*run_with_fixtures(home))
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    make_broker.prepare()
    # They wait for sessions to expire most of the time: all versions at once.
    with concurrent.futures.ThreadPoolExecutor(len(versions)) as pool:
        results = list(pool.map(lambda version: run(home, make_broker, version), versions))
    end(*(sum(column) for column in zip(*results)))


def end(passed, failed):
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
