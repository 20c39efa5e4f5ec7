#!/usr/bin/env python3
"""How long a broker takes to be of use: on an empty directory, again with 150 partitions of records, again with 1,000,000 committed
offsets; after a clean stop and after kill -9.

  startup.py [--offsets N] [MEASUREMENT...]

Each time is told and compared with its limit; run it on a quiet machine.  Closing line: `N passed, N failed`.
"""
import argparse
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
from raw_client import RawClient  # noqa: E402

HOME = os.path.join(ROOT, 'build', 'startup')
FIRST_PRODUCE_MS_MAX = 60
RESTART_MS_MAX = 500
FIRST_OFFSET_FETCH_MS_MAX = 100
EMPTY_STARTS = 9
RESTARTS = 3
TOPICS, PARTITIONS_OF_A_TOPIC = 3, 50
PARTITIONS_OF_A_GROUP = 100


class Broker(brokers.Odradek):
    """Started without the care of the stories: the clock runs from the exec."""

    def launch(self):
        """A client, and the seconds from the start of the process to the first answer: clients that come earlier wait."""
        begun = time.monotonic()
        self.process = brokers.start_program(self.command(), self.log, self.home)
        while True:
            try:
                client = RawClient(self.port)
                break
            except OSError:
                self.check_alive()
                time.sleep(0.0002)
        client.api_versions()
        return client, time.monotonic() - begun

    def end(self, cleanly):
        if not cleanly:
            self.kill()
        elif not self.stop():
            raise brokers.BrokerError('it did not stop cleanly; see ' + self.log)


def median(times):
    return sorted(times)[len(times) // 2]


def first_produce(_):
    """An empty directory: process start, topic creation, acknowledged produce (fsync).  The median of some."""
    times = []
    for _ in range(EMPTY_STARTS):
        broker = Broker(HOME)
        begun = time.monotonic()
        client, _ = broker.launch()
        client.create_topic('first')
        client.produce('first', b'hello')
        times.append(time.monotonic() - begun)
        broker.end(cleanly=True)
    yield 'first acknowledged produce on an empty directory', median(times), FIRST_PRODUCE_MS_MAX


def restart(_):
    """150 partitions, each with some records, and those of the internal topics: until a produce is acknowledged.  The median of some."""
    broker = Broker(HOME)
    client, _ = broker.launch()
    topics = ['topic-%d' % number for number in range(TOPICS)]
    for topic in topics:
        client.create_topic(topic, PARTITIONS_OF_A_TOPIC)
        for partition in range(PARTITIONS_OF_A_TOPIC):
            client.produce(topic, b'v' * 1000, partition)
    while not client.find_coordinator('group'):
        time.sleep(0.05)
    times = {True: [], False: []}
    for cleanly in (True, False) * RESTARTS:
        for topic in topics:  # what a recovery has to look at
            for partition in range(PARTITIONS_OF_A_TOPIC):
                client.produce(topic, b'v' * 1000, partition)
        broker.end(cleanly)
        begun = time.monotonic()
        client, _ = broker.launch()
        client.produce('topic-1', b'again')
        times[cleanly].append(time.monotonic() - begun)
    broker.end(cleanly=True)
    for cleanly, after in ((True, 'a clean stop'), (False, 'kill -9')):
        yield 'restart with %d partitions after %s' % (TOPICS * PARTITIONS_OF_A_TOPIC, after), median(times[cleanly]), RESTART_MS_MAX


def offsets(count):
    """From the first answer of all to those of OffsetFetch for a group at the beginning, in the middle and at the end."""
    broker = Broker(HOME, {'odradek.durability': 'relaxed'})
    client, _ = broker.launch()
    client.create_topic('tweets', PARTITIONS_OF_A_GROUP)
    groups = ['group-%d' % number for number in range(count // PARTITIONS_OF_A_GROUP)]
    while not client.find_coordinator(groups[0]):
        time.sleep(0.05)
    for group in groups[:50]:
        while client.committed_offset(group, 'tweets', 0) is None:
            time.sleep(0.05)
    begun = time.monotonic()
    for number, group in enumerate(groups):
        client.commit_offsets(group, 'tweets', {partition: number * 1000 + partition for partition in range(PARTITIONS_OF_A_GROUP)})
    print('%d offsets committed in %.1f s' % (count, time.monotonic() - begun), flush=True)
    for cleanly in (True, False, True):
        if not cleanly:  # what is newest is in memory and in the log's tail
            for number, group in enumerate(groups[:1000]):
                client.commit_offsets(group, 'tweets', {0: number * 1000})
        broker.end(cleanly)
        client, opening = broker.launch()
        slowest = 0.0
        begun = time.monotonic()
        for number in (0, len(groups) // 2, len(groups) - 1):
            while True:
                found = client.committed_offset(groups[number], 'tweets', 0)
                if found is not None:
                    break
                time.sleep(0.001)
            if found != number * 1000:
                raise ValueError('%s has committed %d, not %d' % (groups[number], found, number * 1000))
            slowest = max(slowest, time.monotonic() - begun)
        after = 'a clean stop' if cleanly else 'kill -9'
        print('the broker answers %.0f ms after its start, after %s' % (opening * 1000, after), flush=True)
        yield 'first answers of OffsetFetch with %d offsets after %s' % (count, after), slowest, FIRST_OFFSET_FETCH_MS_MAX
    broker.end(cleanly=True)


MEASUREMENTS = {'first_produce': first_produce, 'restart': restart, 'offsets': offsets}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--offsets', type=int, default=1000000)
    parser.add_argument('measurements', nargs='*', metavar='MEASUREMENT', help=', '.join(MEASUREMENTS))
    options = parser.parse_args()
    for name in options.measurements:
        if name not in MEASUREMENTS:
            parser.error('no measurement %s' % name)
    brokers.end_all_on_signals()
    Broker.prepare()
    passed = failed = 0
    for name in options.measurements or MEASUREMENTS:
        for what, seconds, limit in MEASUREMENTS[name](options.offsets):
            good = seconds * 1000 <= limit
            passed, failed = passed + good, failed + (not good)
            print('%-75s %7.1f ms, at most %d%s' % (what, seconds * 1000, limit, '' if good else '  FAILED'), flush=True)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main())
    except (brokers.BrokerError, ValueError, EOFError) as error:
        sys.exit(str(error))
    finally:
        for process in brokers.STARTED:
            brokers.end_program(process)
