#!/usr/bin/env python3
"""story.py containers|hosts PROGRAMS WORK: all of the story, with the broker and consumers killed in the middle, and what became
of the tweets.  run.sh prepares it.

Two Scala producers send numbered tweets; two kafka-python consumers beside the broker and one outside, in one group, store each
at most once in SQLite; confluent-kafka shouts each exactly once into another topic.  The closing lines are the balance.
"""
import collections
import glob
import json
import os
import shutil
import sqlite3
import sys
import time

import containers
import hosts

TWEETS = 6000  # of both producers
PATIENCE_SECONDS = 180
CONSUMERS = ('one', 'two', 'outside')
PRODUCERS = ('producer-2.11', 'producer-3')


class Failure(Exception):
    pass


def wait_until(what, condition, world):
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > give_up:
            raise Failure('after %d s still not: %s\n%s' % (PATIENCE_SECONDS, what, world.logs()))
        time.sleep(0.2)


class Balance:
    def __init__(self, data):
        self.data = data

    def acknowledged(self):
        numbers = []
        for path in glob.glob(os.path.join(self.data, 'acked-*')):
            with open(path) as file:
                numbers += [int(line) for line in file.read().split('\n')[:-1]]
        return numbers

    def query(self, text):
        path = os.path.join(self.data, 'tweets.sqlite')
        if not os.path.exists(path):
            return []
        database = sqlite3.connect('file:%s?mode=ro' % path, uri=True, timeout=30)
        try:
            return database.execute(text).fetchall()
        except sqlite3.OperationalError:  # no tables yet
            return []
        finally:
            database.close()

    def stored(self):
        return [number for number, in self.query('SELECT number FROM tweets')]

    def stored_by(self):
        return dict(self.query('SELECT stored_by, COUNT(*) FROM tweets GROUP BY stored_by'))


def read_all(bootstrap, topic):
    """What a read_committed consumer sees of a topic: (partition, offset, value)."""
    from kafka import KafkaConsumer, TopicPartition
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, isolation_level='read_committed', auto_offset_reset='earliest')
    partitions = [TopicPartition(topic, index) for index in sorted(consumer.partitions_for_topic(topic))]
    ends = consumer.end_offsets(partitions)
    consumer.assign(partitions)
    seen = []
    give_up = time.monotonic() + PATIENCE_SECONDS
    while any(consumer.position(partition) < ends[partition] for partition in partitions):
        if time.monotonic() > give_up:
            raise Failure('%s could not be read to its end' % topic)
        for messages in consumer.poll(timeout_ms=500).values():
            seen += [(message.partition, message.offset, message.value) for message in messages]
    consumer.close()
    return seen


def shouted(bootstrap):
    """(records in, records out, more than once, not at all) of the exactly-once variant."""
    wanted = {'%d@%d' % (offset, partition) for partition, offset, _ in read_all(bootstrap, 'tweets')}
    got = collections.Counter(json.loads(value)['from'] for _, _, value in read_all(bootstrap, 'tweets-shouted'))
    return len(wanted), sum(got.values()), sum(count - 1 for count in got.values()), len(wanted - set(got))


def kill_and_start_again(world, names, pause_seconds):
    for name in names:
        world.kill(name)
    print('killed: %s' % ', '.join(names), flush=True)
    time.sleep(pause_seconds)
    for name in names:
        world.start(name)


def tell(world, balance):
    world.up()
    wait_until('a third is stored', lambda: len(balance.stored()) > TWEETS / 3, world)
    kill_and_start_again(world, ['broker'], 1)
    wait_until('a half is stored', lambda: len(balance.stored()) > TWEETS / 2, world)
    kill_and_start_again(world, ['store-1.4.7', 'shout'], 2)
    for name in PRODUCERS:
        wait_until('%s has ended' % name, lambda name=name: world.exit_code(name) is not None, world)
        if world.exit_code(name) != 0:
            raise Failure('%s: %s\n%s' % (name, world.exit_code(name), world.logs()))
    wait_until('all is stored', lambda: set(balance.acknowledged()) <= set(balance.stored()), world)
    in_topic, out, repeated, missing = 0, -1, 0, 0
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (missing or out < in_topic) and time.monotonic() < give_up:
        in_topic, out, repeated, missing = shouted(world.bootstrap_here)
    return in_topic, out, repeated, missing


def close_the_books(balance, in_topic, out, repeated, missing):
    acknowledged, stored = balance.acknowledged(), balance.stored()
    duplicates = len(stored) - len(set(stored))
    lost = len(set(acknowledged) - set(stored))
    shares = balance.stored_by()
    print('stored by %s' % ', '.join('%s: %d' % (name, shares.get(name, 0)) for name in CONSUMERS))
    print('sent again by the producers and left out: %d' % len(balance.query('SELECT number FROM repeated')))
    print('produced %d, stored %d, duplicates %d, lost %d' % (len(acknowledged), len(stored), duplicates, lost))
    print('shouted exactly once: of %d records %d, duplicates %d, lost %d' % (in_topic, out, repeated, missing))
    return len(acknowledged) == TWEETS and set(shares) == set(CONSUMERS) and not (duplicates or lost or repeated or missing)


def main():
    kind, programs, work = sys.argv[1:]
    data = os.path.join(work, 'data')
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(data)
    world = {'containers': containers.Containers, 'hosts': hosts.Hosts}[kind](programs, work)
    balance = Balance(data)
    started = time.monotonic()
    try:
        kept = close_the_books(balance, *tell(world, balance))
    except Failure as failure:
        print(failure)
        kept = False
    finally:
        world.down()
    print('%.0f s' % (time.monotonic() - started))
    print('%d passed, %d failed' % (kept, not kept))
    sys.exit(0 if kept else 1)


if __name__ == '__main__':
    main()
