"""librdkafka_client.py BOOTSTRAP TOPIC: sends three records, reads them in a group, and says how that went in one line."""
import sys
import time

from confluent_kafka import Consumer, Producer

TIMEOUT_SECONDS = 5


def main():
    bootstrap, topic = sys.argv[1:]
    errors = []
    common = {'bootstrap.servers': bootstrap, 'error_cb': lambda error: errors.append(str(error))}
    producer = Producer(dict(common, **{'message.timeout.ms': TIMEOUT_SECONDS * 1000}))
    for number in range(3):
        producer.produce(topic, b'%d' % number, partition=0)
    if producer.flush(TIMEOUT_SECONDS):
        return 'not sent: %s' % (errors or 'no error was reported')
    consumer = Consumer(dict(common, **{'group.id': topic, 'auto.offset.reset': 'earliest'}))
    consumer.subscribe([topic])
    read, deadline = [], time.monotonic() + TIMEOUT_SECONDS
    while len(read) < 3 and time.monotonic() < deadline:
        record = consumer.poll(0.2)
        if record is not None and not record.error():
            read.append(int(record.value()))
    consumer.close()
    return 'ok' if read == [0, 1, 2] else 'read %s, %s' % (read, errors)


print(main())
