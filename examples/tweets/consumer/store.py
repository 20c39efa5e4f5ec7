#!/usr/bin/env python3
"""store.py NAME BOOTSTRAP DATABASE: stores each tweet at most once, with kafka-python of 2019 (1.4.7) as with today's.

The rows and how far they reach are one transaction of SQLite, so what is stored and what is to be read next never part, whoever
is killed when.  A consumer that is given a partition goes on from what the database says; the offsets that it commits to the
broker are only for people who look at the lag.
"""
import json
import signal
import sqlite3
import sys
import threading

from kafka import ConsumerRebalanceListener, KafkaConsumer
from kafka.coordinator.assignors.range import RangePartitionAssignor

TOPIC, GROUP = 'tweets', 'storers'
SCHEMA = '''
CREATE TABLE IF NOT EXISTS tweets (number INTEGER PRIMARY KEY, user TEXT, text TEXT, stored_by TEXT, stored_at TEXT);
CREATE TABLE IF NOT EXISTS offsets (topic TEXT, partition INTEGER, next INTEGER, PRIMARY KEY (topic, partition));
CREATE TABLE IF NOT EXISTS repeated (number INTEGER, partition INTEGER, offset INTEGER);
'''


class Stopped(Exception):
    pass


def stop(*_):
    raise Stopped


class Store:
    def __init__(self, path, name):
        self.name = name
        # Today's kafka-python tells of partitions on a thread of its own.
        self.lock = threading.RLock()
        self.database = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        self.database.executescript(SCHEMA)

    def next_offset(self, partition):
        with self.lock:
            return self.look_up(partition)

    def add(self, partition, messages):
        with self.lock:
            self.store(partition, messages)

    def look_up(self, partition):
        row = self.database.execute('SELECT next FROM offsets WHERE topic = ? AND partition = ?', (TOPIC, partition)).fetchone()
        return row[0] if row else 0

    def store(self, partition, messages):
        """All of them and the offset behind them, or nothing.  What another consumer has stored meanwhile is left out."""
        self.database.execute('BEGIN IMMEDIATE')
        try:
            first = self.look_up(partition)
            for message in messages:
                if message.offset < first:
                    continue
                tweet = json.loads(message.value.decode('utf-8'))
                added = self.database.execute(
                    'INSERT OR IGNORE INTO tweets VALUES (?, ?, ?, ?, ?)',
                    (tweet['number'], tweet['user'], tweet['text'], self.name, '%d@%d' % (message.offset, partition)))
                if not added.rowcount:  # a producer without idempotence has sent it again
                    self.database.execute('INSERT INTO repeated VALUES (?, ?, ?)', (tweet['number'], partition, message.offset))
            behind = max(first, messages[-1].offset + 1)
            self.database.execute('INSERT OR REPLACE INTO offsets VALUES (?, ?, ?)', (TOPIC, partition, behind))
            self.database.execute('COMMIT')
        except BaseException:
            self.database.execute('ROLLBACK')
            raise


class GoOnFromDatabase(ConsumerRebalanceListener):
    def __init__(self, consumer, store):
        self.consumer, self.store = consumer, store

    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        for partition in assigned:
            self.consumer.seek(partition, self.store.next_offset(partition.partition))
        print('%s has %s' % (self.store.name, sorted(partition.partition for partition in assigned)), flush=True)


def main():
    name, bootstrap, path = sys.argv[1:]
    signal.signal(signal.SIGTERM, stop)
    store = Store(path, name)
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=GROUP, client_id=name, enable_auto_commit=False,
                             auto_offset_reset='earliest', session_timeout_ms=6000, heartbeat_interval_ms=1000,
                             max_poll_records=100, partition_assignment_strategy=[RangePartitionAssignor])
    consumer.subscribe([TOPIC], listener=GoOnFromDatabase(consumer, store))
    try:
        while True:
            for partition, messages in consumer.poll(timeout_ms=500).items():
                store.add(partition.partition, messages)
                consumer.commit_async()
    except Stopped:
        consumer.close(autocommit=False)


if __name__ == '__main__':
    main()
