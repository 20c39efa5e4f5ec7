"""What is written during the exchange, and the notes of what was acknowledged.

The producers live as long as the whole run: they meet the one broker and the other at the same address, and their sequence
numbers go on, so a broker that does not find the producers' state in the directory is found out.
"""
import collections
import hashlib
import threading
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

CODECS = ('none', 'gzip', 'snappy', 'lz4', 'zstd')
PARTITIONS = 2
TABLE_KEYS = 40
GROUPS = 3
CONSUMED = ['codec-none', 'codec-zstd']


def digest(*parts):
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


class Journal:
    """Acknowledged and attempted writes.  A record is known by the digest of its key and value; values are unique."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sent = {}                                        # digest -> number
        self.acked = collections.defaultdict(dict)            # (topic, partition) -> {offset: digest}
        self.table = {}                                       # key -> (offset, value) acknowledged last
        self.failures = []
        self.committed, self.aborted = set(), set()           # digests, of transactions
        self.commits = {}                                     # (group, topic, partition) -> offset

    def acked_count(self):
        with self.lock:
            return sum(map(len, self.acked.values()))


class Writer:
    """Writes to all topics, from a thread, until it is paused."""

    def __init__(self, bootstrap, journal):
        self.journal, self.number = journal, 0
        self.running, self.ended = threading.Event(), threading.Event()
        self.producers = {codec: self.producer(bootstrap, codec) for codec in CODECS}
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.idle = threading.Event()
        self.thread.start()

    @staticmethod
    def producer(bootstrap, codec, **more):
        return Producer({'bootstrap.servers': bootstrap, 'acks': 'all', 'enable.idempotence': True, 'compression.type': codec,
                         'linger.ms': 5, 'message.timeout.ms': 120000, 'reconnect.backoff.max.ms': 500,
                         # Apache Kafka recovers each segment into a snapshot, which keeps only the last batch of a producer: of two that
                         # were in flight when a broker was killed, the retry of the first is out of order to it.
                         'max.in.flight': 1,
                         'queue.buffering.max.messages': 20000, 'log_level': 0, **more})

    def resume(self):
        self.idle.clear()
        self.running.set()

    def pause(self):
        """Everything that was sent is acknowledged, or has failed."""
        self.running.clear()
        self.idle.wait()
        left = sum(producer.flush(120) for producer in self.producers.values())
        if left:
            self.journal.failures.append('%d records got no answer' % left)

    def end(self):
        self.ended.set()
        self.running.set()
        self.thread.join()

    def work(self):
        while not self.ended.is_set():
            if not self.running.is_set():
                self.idle.set()
                self.running.wait(0.1)
                continue
            for codec, producer in self.producers.items():
                for topic in ('codec-' + codec, 'stamped'):
                    self.send(producer, topic, 'k%d' % (self.number % 100))
                key = 't%d' % (self.number % TABLE_KEYS)
                self.send(producer, 'table', key, tombstone=self.number % 11 == 0)
                producer.poll(0)
            time.sleep(0.002)

    def send(self, producer, topic, key, tombstone=False):
        self.number += 1
        value = None if tombstone else 'v%d ' % self.number + 'abcdefgh'[self.number % 8] * (self.number % 1000)
        mark = digest(key, value)
        journal = self.journal
        with journal.lock:
            journal.sent[mark] = self.number

        def delivered(error, message):
            with journal.lock:
                if error:
                    journal.failures.append('%s: %s' % (topic, error))
                elif topic == 'table':
                    if message.offset() >= journal.table.get(key, (-1, None))[0]:
                        journal.table[key] = (message.offset(), value)
                else:
                    journal.acked[topic, message.partition()][message.offset()] = mark
        try:
            producer.produce(topic, key=key, value=value, partition=self.number % PARTITIONS if topic != 'table' else 0,
                             headers=[('n', str(self.number))] if self.number % 3 == 0 else None, on_delivery=delivered)
        except BufferError:
            producer.poll(0.1)


class Transactions:
    """Transactions that end at once, one way or the other, and one that stays open while the brokers change."""

    def __init__(self, bootstrap, journal):
        self.journal, self.number, self.open_marks = journal, 0, []
        self.held = set()  # committed behind the open one, which nobody reads past
        more = {'transaction.timeout.ms': 300000}
        self.short, self.long = (Writer.producer(bootstrap, 'none', **{'transactional.id': name, **more}) for name in ('short', 'long'))
        for producer in (self.short, self.long):
            producer.init_transactions(60)

    def send(self, producer):
        marks = []
        for partition in range(PARTITIONS):
            self.number += 1
            key, value = 'x%d' % self.number, 'transaction %d' % self.number
            marks.append(digest(key, value))
            self.journal.sent[marks[-1]] = self.number
            producer.produce('transactions', key=key, value=value, partition=partition)
        if producer.flush(60):
            raise AssertionError('records of a transaction got no answer')
        return marks

    def run(self, count):
        for number in range(count):
            self.short.begin_transaction()
            marks = self.send(self.short)
            if number % 3 == 2:
                self.short.abort_transaction(60)
                self.journal.aborted.update(marks)
            else:
                self.short.commit_transaction(60)
                (self.held if self.open_marks else self.journal.committed).update(marks)

    def begin(self):
        self.long.begin_transaction()
        self.open_marks = self.send(self.long)

    def finish(self, commit):
        if commit:
            self.long.commit_transaction(60)
            self.journal.committed.update(self.open_marks)
        else:
            self.long.abort_transaction(60)
            self.journal.aborted.update(self.open_marks)
        self.open_marks = []
        self.journal.committed.update(self.held)
        self.held.clear()


def work_in_groups(bootstrap, journal):
    """Members join, read a part, commit and leave."""
    for number in range(GROUPS):
        group = 'group-%d' % number
        consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': group, 'auto.offset.reset': 'earliest',
                             'enable.auto.commit': False, 'log_level': 0})
        consumer.subscribe(CONSUMED)
        deadline, read = time.monotonic() + 30, 0
        while read < 200 and time.monotonic() < deadline:
            read += len([message for message in consumer.consume(100, timeout=0.5) if not message.error()])
        if read:
            for committed in consumer.commit(asynchronous=False):
                if committed.error:
                    raise KafkaException(committed.error)
                if committed.offset >= 0:
                    journal.commits[group, committed.topic, committed.partition] = committed.offset
        consumer.close()
    # A group without members: offsets alone.
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'offsets-only', 'log_level': 0})
    offset = journal.commits.get(('offsets-only', 'codec-lz4', 0), 0) + 7
    consumer.commit(offsets=[TopicPartition('codec-lz4', 0, offset, metadata='by hand')], asynchronous=False)
    journal.commits['offsets-only', 'codec-lz4', 0] = offset
    consumer.close()
