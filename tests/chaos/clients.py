"""The clients of a chaos run, each a process of its own; what it does and sees goes to a file, a JSON line an event.

  clients.py ROLE NAME BOOTSTRAP FILE SEED

ROLE: create (the topics), idempotent (producer to `events`), transactional (producer to `ledger`, commits, aborts, is fenced),
chain (ledger -> derived, offsets within the transaction), group (consumer of `events` that commits), reader (of
everything, read_committed), witness (of the group's offsets), final (reads all from the beginning, once).  SIGTERM ends a
role in an orderly way.  checker.py says what the events mean.
"""
import itertools
import json
import random
import signal
import sys
import time

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 3
TOPICS = ('events', 'ledger', 'derived')
stopping = False


def stop(*_):
    global stopping
    stopping = True


class History:
    def __init__(self, path):
        self.file = open(path, 'a', buffering=1)

    def write(self, kind, **fields):
        self.file.write(json.dumps({'type': kind, 't': time.monotonic(), **fields}) + '\n')


def config(bootstrap, **more):
    # With "rebootstrap" librdkafka 2.16 forgets its brokers when all are down, and what waits for one that it has forgotten, as
    # send_offsets_to_transaction may, waits for ever: "Handle is terminating", whichever broker it is.
    return {'bootstrap.servers': bootstrap, 'socket.timeout.ms': 5000, 'reconnect.backoff.max.ms': 500, 'log_level': 0,
            'metadata.recovery.strategy': 'none', **{name.replace('_', '.'): value for name, value in more.items()}}


def create(name, bootstrap, history, _):
    admin = AdminClient(config(bootstrap))
    for made in admin.create_topics([NewTopic(topic, PARTITIONS, 1) for topic in TOPICS]).values():
        made.result(30)


def idempotent(name, bootstrap, history, _):
    """Keeps a hundred records in flight; each is delivered, whatever happens."""
    numbers = itertools.count()
    for life in itertools.count():
        who = '%s.%d' % (name, life)
        producer = Producer(config(bootstrap, enable_idempotence=True, message_timeout_ms=300000, linger_ms=2))
        in_flight, fatal = [0], []

        def delivered(error, message):
            in_flight[0] -= 1
            if error is None:
                history.write('acked', producer=who, topic=message.topic(), partition=message.partition(),
                              offset=message.offset(), value=message.value().decode())
            elif error.fatal():
                fatal.append(error)

        while not stopping and not fatal:
            if in_flight[0] < 100:
                number = next(numbers)
                value, partition = '%s-%d' % (who, number), number % PARTITIONS
                history.write('sent', producer=who, topic='events', partition=partition, value=value)
                in_flight[0] += 1
                producer.produce('events', value, partition=partition, on_delivery=delivered)
                time.sleep(0.0005)
            producer.poll(0 if in_flight[0] < 100 else 0.1)
        producer.flush(60)
        if stopping:
            return


class Transactions:
    """A transactional producer that is made anew when it is fenced or broken."""

    def __init__(self, name, bootstrap, history):
        self.name, self.bootstrap, self.history = name, bootstrap, history
        self.numbers, self.lives = itertools.count(), itertools.count()
        self.begin_anew()

    def begin_anew(self):
        while True:
            self.who = '%s.%d' % (self.name, next(self.lives))
            self.producer = Producer(config(self.bootstrap, transactional_id=self.name, transaction_timeout_ms=20000,
                                            linger_ms=1))
            try:
                return self.producer.init_transactions(20)
            except KafkaException:
                if stopping:
                    sys.exit(0)
                time.sleep(0.2)

    def run(self, values, topic, decide, offsets=None):
        """One transaction.  decide(): commit it?  offsets(producer): adds the consumed offsets.  Returns its outcome."""
        txn, outcome = '%s-txn-%d' % (self.who, next(self.numbers)), 'unknown'
        try:
            self.producer.begin_transaction()
            for value in values:
                partition = random.randrange(PARTITIONS)
                self.history.write('sent', producer=self.who, topic=topic, partition=partition, value=value, txn=txn)
                self.producer.produce(topic, value, partition=partition)
                self.producer.poll(0)
            if offsets:
                offsets(self.producer)
            if decide():
                self.producer.commit_transaction(30)
                outcome = 'committed'
            else:
                self.producer.abort_transaction(30)
                outcome = 'aborted'
        except KafkaException as exception:
            outcome = self.recover(exception.args[0])
        self.history.write('ended', txn=txn, outcome=outcome)
        return outcome

    def run_usurped(self, values, topic):
        """A transaction whose producer has a successor before it commits: it must not, and what it wrote is aborted."""
        txn, zombie = '%s-txn-%d' % (self.who, next(self.numbers)), self.producer
        try:
            zombie.begin_transaction()
            for value in values:
                partition = random.randrange(PARTITIONS)
                self.history.write('sent', producer=self.who, topic=topic, partition=partition, value=value, txn=txn)
                zombie.produce(topic, value, partition=partition)
            zombie.flush(5)
        except KafkaException:
            pass  # the successor ends what there is
        self.begin_anew()
        try:
            zombie.commit_transaction(10)
            outcome = 'committed'
        except KafkaException:
            outcome = 'aborted'
        self.history.write('ended', txn=txn, outcome=outcome)

    def recover(self, error):
        if error.txn_requires_abort():
            try:
                self.producer.abort_transaction(30)
                return 'aborted'
            except KafkaException:
                pass
        # The end was asked for, and its answer is lost: only the log knows.
        self.begin_anew()
        return 'unknown'


def transactional(name, bootstrap, history, chance):
    transactions, numbers, usurpations = Transactions(name, bootstrap, history), itertools.count(), itertools.count()
    while not stopping:
        values = ['%s-%d' % (transactions.who, next(numbers)) for _ in range(chance.randrange(1, 10))]
        if next(usurpations) % 40 == 5:
            transactions.run_usurped(values, 'ledger')
        else:
            transactions.run(values, 'ledger', lambda: chance.random() < 0.7)
        time.sleep(chance.random() * 0.02)


def chain(name, bootstrap, history, _):
    """Consume, transform, produce: the offsets are part of the transaction (KIP-98, KIP-447)."""
    transactions = Transactions(name, bootstrap, history)
    consumer = Consumer(config(bootstrap, group_id='chain', isolation_level='read_committed', auto_offset_reset='earliest',
                               enable_auto_commit=False, session_timeout_ms=10000))
    consumer.subscribe(['ledger'])

    def rewind():
        """To what is committed: the values read since are read again."""
        while True:
            try:
                for place in consumer.committed(consumer.assignment(), 10):
                    if place.offset < 0:
                        place.offset = 0
                    consumer.seek(place)
                return
            except KafkaException:
                time.sleep(0.2)

    while not stopping:
        messages = [m for m in consumer.consume(20, 0.3) if m.error() is None]
        if not messages:
            continue
        values = ['derived-from-' + message.value().decode() for message in messages]
        outcome = transactions.run(
            values, 'derived', lambda: True,
            lambda producer: producer.send_offsets_to_transaction(
                consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 30))
        if outcome != 'committed':
            rewind()
    consumer.close()


def group(name, bootstrap, history, _):
    consumer = Consumer(config(bootstrap, group_id='group', auto_offset_reset='earliest', enable_auto_commit=False,
                               session_timeout_ms=10000))
    consumer.subscribe(['events'])
    while not stopping:
        if not [m for m in consumer.consume(200, 0.3) if m.error() is None]:
            continue
        try:
            for place in consumer.commit(asynchronous=False) or []:
                if place.error is None:
                    history.write('commit', group='group', topic=place.topic, partition=place.partition, offset=place.offset)
        except KafkaException:
            pass  # not acknowledged: nothing is promised
    consumer.close()


def witness(name, bootstrap, history, _):
    consumer = Consumer(config(bootstrap, group_id='group', enable_auto_commit=False))  # asks, and never joins
    while not stopping:
        history.write('fetching', witness=name)
        try:
            for place in consumer.committed([TopicPartition('events', partition) for partition in range(PARTITIONS)], 5):
                if place.error is None:
                    history.write('fetched', witness=name, group='group', topic=place.topic, partition=place.partition,
                                  offset=max(place.offset, -1))
        except KafkaException:
            pass
        time.sleep(0.1)


def everything(bootstrap, isolation):
    consumer = Consumer(config(bootstrap, group_id='nobody', isolation_level=isolation, auto_offset_reset='error',
                               enable_auto_commit=False, enable_partition_eof=True))
    consumer.assign([TopicPartition(topic, partition, 0) for topic in TOPICS for partition in range(PARTITIONS)])
    return consumer


def reader(name, bootstrap, history, _):
    consumer = everything(bootstrap, 'read_committed')
    while not stopping:
        for message in consumer.consume(500, 0.3):
            if message.error() is None:
                history.write('read', reader=name, topic=message.topic(), partition=message.partition(), offset=message.offset(),
                              value=message.value().decode())
            elif message.error().code() == KafkaError._AUTO_OFFSET_RESET:
                history.write('read', reader=name, topic=message.topic(), partition=message.partition(), offset=message.offset(),
                              value='an offset out of range: %s' % message.error())
                while not stopping:  # a breach already; what else is wrong is still to be found out
                    time.sleep(0.1)
                break


def final(name, bootstrap, history, _):
    """Reads to the end of each partition, as of now."""
    for isolation in ('read_uncommitted', 'read_committed'):
        consumer, ended = everything(bootstrap, isolation), set()
        deadline = time.monotonic() + 60
        while len(ended) < len(TOPICS) * PARTITIONS:
            if time.monotonic() > deadline:
                sys.exit('%s: no end of the log in 60 s; ended: %s' % (isolation, sorted(ended)))
            for message in consumer.consume(1000, 0.1):
                place = message.topic(), message.partition()
                if message.error() is None:
                    history.write('final', isolation=isolation, topic=message.topic(), partition=message.partition(),
                                  offset=message.offset(), value=message.value().decode())
                    ended.discard(place)
                elif message.error().code() == KafkaError._PARTITION_EOF:
                    ended.add(place)
                else:
                    sys.exit('%s: %s' % (isolation, message.error()))
        consumer.close()


def main():
    role, name, bootstrap, path, seed = sys.argv[1:]
    signal.signal(signal.SIGTERM, stop)
    random.seed('%s %s' % (name, seed))
    roles = {f.__name__: f for f in (create, idempotent, transactional, chain, group, witness, reader, final)}
    roles[role](name, bootstrap, History(path), random)


if __name__ == '__main__':
    main()
