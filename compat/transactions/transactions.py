"""The life of transactional producers with librdkafka.  Prints a line for each thing that a user would notice; KILL asks for the
broker's death."""
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP, NAME = sys.argv[1:]
TOPIC = NAME + '-topic'


def tell(what, answer):
    print('%s: %s' % (what, answer), flush=True)


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
    print('KILL', flush=True)
    sys.stdin.readline()
    if when == 'after':
        one.begin_transaction()
        send(one, 'committed-killed-next-')
    attempt('killed ' + when, one.commit_transaction)


def read(isolation):
    values = []
    consumer = Consumer({'bootstrap.servers': BOOTSTRAP, 'group.id': NAME + '-reader', 'isolation.level': isolation,
                         'enable.auto.commit': False, 'enable.partition.eof': True})
    consumer.assign([TopicPartition(TOPIC, partition, 0) for partition in (0, 1)])
    ends = set()
    while len(ends) < 2:
        message = consumer.poll(1)
        if message is None:
            continue
        if message.error():
            ends.add(message.partition())
        else:
            values.append((message.partition(), message.offset(), message.value().decode()))
    consumer.close()
    return ' '.join('%d:%s' % entry[1:] for entry in sorted(values))


admin = AdminClient({'bootstrap.servers': BOOTSTRAP})
admin.create_topics([NewTopic(TOPIC, 2, 1)])[TOPIC].result()
commit_and_abort()
fencing()
timeout()
offsets()
kill('before')
kill('after')
tell('committed', read('read_committed'))
tell('all', read('read_uncommitted'))
