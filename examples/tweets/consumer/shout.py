#!/usr/bin/env python3
"""shout.py NAME BOOTSTRAP: reads tweets, shouts them into tweets-shouted, exactly once, with confluent-kafka.

What was read and what was written of it are one transaction of Kafka: whoever reads with isolation.level=read_committed sees
each input once, whoever is killed when.
"""
import json
import signal
import sys

from confluent_kafka import Consumer, KafkaException, Producer

INPUT, OUTPUT, GROUP = 'tweets', 'tweets-shouted', 'shouters'
PER_TRANSACTION = 100


class Stopped(Exception):
    pass


def stop(*_):
    raise Stopped


def shout(message):
    tweet = json.loads(message.value())
    tweet['text'] = tweet['text'].upper()
    tweet['from'] = '%d@%d' % (message.offset(), message.partition())
    return json.dumps(tweet)


def transact(consumer, producer, messages):
    producer.begin_transaction()
    for message in messages:
        producer.produce(OUTPUT, shout(message), message.key())
    producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata())
    producer.commit_transaction()


def begin_again(consumer, producer):
    """From what is committed: the records that were read are read again."""
    producer.abort_transaction()
    for partition in consumer.committed(consumer.assignment(), timeout=30):
        partition.offset = max(partition.offset, 0)
        consumer.seek(partition)


def main():
    name, bootstrap = sys.argv[1:]
    signal.signal(signal.SIGTERM, stop)
    producer = Producer({'bootstrap.servers': bootstrap, 'transactional.id': name, 'transaction.timeout.ms': 20000})
    producer.init_transactions(60)
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': GROUP, 'client.id': name, 'enable.auto.commit': False,
                         'auto.offset.reset': 'earliest', 'isolation.level': 'read_committed', 'session.timeout.ms': 6000})
    consumer.subscribe([INPUT])
    try:
        while True:
            messages = [message for message in consumer.consume(PER_TRANSACTION, timeout=0.5) if not message.error()]
            if not messages:
                continue
            try:
                transact(consumer, producer, messages)
            except KafkaException as error:
                if not error.args[0].txn_requires_abort():
                    raise
                print('%s: %s: begins again' % (name, error), flush=True)
                begin_again(consumer, producer)
    except Stopped:
        consumer.close()


if __name__ == '__main__':
    main()
