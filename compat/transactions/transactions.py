"""The life of transactional producers with librdkafka.  Prints a line for each thing that a user would notice; what the driver is to do
is asked for by lines like KILL.  Numbers like A10 are those of docs/anomalies.md."""
import sys
import time

from confluent_kafka import OFFSET_BEGINNING, OFFSET_END, Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP, NAME = sys.argv[1:]
TOPIC = NAME + '-topic'


def tell(what, answer):
    print('%s: %s' % (what, answer), flush=True)


def ask(what):
    """Asks the driver for something, and waits until it is done."""
    print(what, flush=True)
    sys.stdin.readline()


def attempt(what, *steps):
    try:
        for step in steps:
            step()
        tell(what, 'done')
    except KafkaException as error:
        tell(what, error.args[0].name())


def producer(id, timeout_ms=60000):
    return Producer({'bootstrap.servers': BOOTSTRAP, 'transactional.id': '%s-%s' % (NAME, id), 'linger.ms': 0,
                     'transaction.timeout.ms': timeout_ms, 'log_level': 2})


def idempotent_producer():
    return Producer({'bootstrap.servers': BOOTSTRAP, 'enable.idempotence': True, 'linger.ms': 0, 'log_level': 2})


def send(one, value):
    for partition in (0, 1):
        one.produce(TOPIC, value + str(partition), partition=partition)
    one.flush()


def commit_and_abort():
    one = producer('plain')
    one.init_transactions()
    for i in range(6):
        one.begin_transaction()
        send(one, ('aborted-%d-' if i % 2 else 'committed-%d-') % i)
        (one.abort_transaction if i % 2 else one.commit_transaction)()
    attempt('empty transactions', one.begin_transaction, one.commit_transaction, one.begin_transaction, one.abort_transaction)


def fencing():
    first, second = producer('fenced'), producer('fenced')
    first.init_transactions()
    first.begin_transaction()
    send(first, 'fenced-')
    attempt('second init', second.init_transactions)
    attempt('first commits', first.commit_transaction)
    attempt('second', second.begin_transaction, lambda: send(second, 'committed-second-'), second.commit_transaction)


def timeout():
    late = producer('late', 1000)
    late.init_transactions()
    late.begin_transaction()
    send(late, 'late-')
    time.sleep(3)
    attempt('late commit', late.commit_transaction)
    after = producer('late', 1000)
    attempt('next of the late', after.init_transactions, after.begin_transaction, lambda: send(after, 'committed-after-late-'),
            after.commit_transaction)


def offsets():
    one = producer('offsets')
    one.init_transactions()
    group = Consumer({'bootstrap.servers': BOOTSTRAP, 'group.id': NAME + '-group'})
    group.subscribe([TOPIC])
    while not group.assignment():
        group.poll(0.1)
    for end, offset in ((one.abort_transaction, 3), (one.commit_transaction, 4)):
        one.begin_transaction()
        one.send_offsets_to_transaction([TopicPartition(TOPIC, 0, offset)], group.consumer_group_metadata())
        end()
        tell('offset', group.committed([TopicPartition(TOPIC, 0)])[0].offset)
    group.close()


def kill(when):
    one = producer('killed')
    one.init_transactions()
    one.begin_transaction()
    send(one, 'committed-killed-%s-' % when)
    if when == 'after':
        one.commit_transaction()
        time.sleep(1)  # its markers are written
    ask('KILL')
    if when == 'after':
        one.begin_transaction()
        send(one, 'committed-killed-next-')
    attempt('killed ' + when, one.commit_transaction)


def consume_transform_produce():
    """A10 (KAFKA-17582): an abort leaves the group's offset where it was, and the consumer's position where it is.  Who goes on from
    there skips the records of the abort; who seeks back, and whoever has the partition next, reads them again."""
    source, target = NAME + '-input', NAME + '-output'
    create(source, 1)
    create(target, 1)
    write(idempotent_producer(), source, *'012345')
    one = producer('transform')
    one.init_transactions()
    for outcome in ('goes-on', 'seeks', 'another'):
        consumer = member(outcome, source)
        transform(consumer, 1, one, target, outcome, one.commit_transaction)
        transform(consumer, 3, one, target, outcome, one.abort_transaction)
        partition = TopicPartition(source, 0)
        committed = consumer.committed([partition])[0].offset
        tell('A10 %s after an abort' % outcome, 'position %d, committed %d' % (consumer.position([partition])[0].offset, committed))
        if outcome == 'seeks':
            consumer.seek(TopicPartition(source, 0, committed))
        if outcome == 'another':
            consumer.close()
            consumer = member(outcome, source)
        transform(consumer, 5, one, target, outcome, one.commit_transaction)
        consumer.close()
    tell('A10 committed', read(target, 1, 'read_committed'))
    tell('A10 all', read(target, 1, 'read_uncommitted'))


def member(group, topic):
    consumer = Consumer({'bootstrap.servers': BOOTSTRAP, 'group.id': NAME + '-' + group, 'enable.auto.commit': False,
                         'auto.offset.reset': 'earliest'})
    consumer.subscribe([topic])
    return consumer


def transform(consumer, last, one, target, prefix, end):
    """Reads up to this offset and writes what it read in a transaction."""
    one.begin_transaction()
    at = -1
    while at < last:
        message = consumer.poll(1)
        if message is not None:
            write(one, target, prefix + '-' + message.value().decode())
            at, source = message.offset(), message.topic()
    one.send_offsets_to_transaction([TopicPartition(source, 0, last + 1)], consumer.consumer_group_metadata())
    end()


def forgotten_producers():
    """A24 (Redpanda 22687): the broker forgets producers that live on.  Of those it does not know it takes any sequence, and they go
    on."""
    topic = NAME + '-forgotten'
    create(topic, 1)
    idempotent = idempotent_producer()
    write(idempotent, topic, 'i0', 'i1', 'i2')
    one, other = producer('forgotten-one'), producer('forgotten-other')
    one.init_transactions()
    other.init_transactions()
    transaction(one, one.commit_transaction, topic, 'c0', 'c1')
    ask('PRODUCERS ' + topic)
    other.begin_transaction()
    write(other, topic, 'a0', 'a1')
    ask('FORGET %s 1' % topic)
    attempt('A24 forgotten, idempotent', lambda: write(idempotent, topic, 'i3', 'i4'))
    attempt('A24 not forgotten in its transaction', lambda: write(other, topic, 'a2'), other.abort_transaction)
    ask('PRODUCERS ' + topic)
    attempt('A24 forgotten, commit', lambda: transaction(one, one.commit_transaction, topic, 'c2'))
    ask('PRODUCERS ' + topic)
    ask('FORGET %s 0' % topic)
    attempt('A24 forgotten again, idempotent', lambda: write(idempotent, topic, 'i5'))
    attempt('A24 forgotten again, abort', lambda: transaction(one, one.abort_transaction, topic, 'a3'))
    ask('PRODUCERS ' + topic)
    attempt('A24 forgotten after an abort, commit', lambda: transaction(other, other.commit_transaction, topic, 'c3'))
    ask('PRODUCERS ' + topic)
    tell('A24 committed', read(topic, 1, 'read_committed'))
    tell('A24 all', read(topic, 1, 'read_uncommitted'))
    for deleted in admin.delete_records([TopicPartition(topic, 0, OFFSET_END)]).values():
        deleted.result()
    ask('PRODUCERS ' + topic)
    go_on('A24 records deleted', topic, idempotent, one)
    admin.delete_topics([topic])[topic].result()
    create(topic, 1)
    go_on('A24 topic made anew', topic, idempotent, one)


def go_on(when, topic, idempotent, one):
    attempt(when + ', idempotent', lambda: write(idempotent, topic, 'i'))
    attempt(when + ', abort', lambda: transaction(one, one.abort_transaction, topic, 'a'))
    attempt(when + ', commit', lambda: transaction(one, one.commit_transaction, topic, 'c'))
    ask('PRODUCERS ' + topic)
    tell(when + ', committed', read(topic, 1, 'read_committed'))


def transaction(one, end, topic, *values):
    one.begin_transaction()
    write(one, topic, *values)
    end()


def write(one, topic, *values):
    """A batch each."""
    errors = []
    for value in values:
        one.produce(topic, value, partition=0, on_delivery=lambda error, _: errors.append(error) if error else None)
        one.flush()
    if errors:
        raise KafkaException(errors[0])


def read(topic, partitions, isolation):
    """Everything that a reader of this isolation gets."""
    values = []
    consumer = Consumer({'bootstrap.servers': BOOTSTRAP, 'group.id': NAME + '-reader', 'isolation.level': isolation,
                         'enable.auto.commit': False, 'enable.partition.eof': True})
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in range(partitions)])
    ends = set()
    while len(ends) < partitions:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            ends.add(message.partition())
        else:
            values.append((message.partition(), message.offset(), message.value().decode()))
    consumer.close()
    return ' '.join('%d:%s' % entry[1:] for entry in sorted(values))


def create(topic, partitions):
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result()


admin = AdminClient({'bootstrap.servers': BOOTSTRAP})
create(TOPIC, 2)
commit_and_abort()
fencing()
timeout()
offsets()
kill('before')
kill('after')
tell('committed', read(TOPIC, 2, 'read_committed'))
tell('all', read(TOPIC, 2, 'read_uncommitted'))
consume_transform_produce()
forgotten_producers()
