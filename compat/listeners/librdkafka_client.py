"""librdkafka_client.py BOOTSTRAP TOPIC SECONDS: sends three records, reads them in a group, and says how that went in one line."""
import sys
import time

from confluent_kafka import Consumer, Producer


def main():
    bootstrap, topic, seconds = sys.argv[1:]
    errors = []
    common = {'bootstrap.servers': bootstrap, 'error_cb': lambda error: errors.append(str(error))}
    producer = Producer(dict(common, **{'message.timeout.ms': int(seconds) * 1000}))
    for number in range(3):
        producer.produce(topic, b'%d' % number, partition=0)
    if producer.flush(int(seconds)):
        return 'not sent: %s' % (errors or 'no error was reported')
    consumer = Consumer(dict(common, **{'group.id': topic, 'auto.offset.reset': 'earliest'}))
    consumer.subscribe([topic])
    read, deadline = [], time.monotonic() + int(seconds)
    while len(read) < 3 and time.monotonic() < deadline:
        record = consumer.poll(0.2)
        if record is not None and not record.error():
            read.append(int(record.value()))
    consumer.close()
    return 'ok' if read == [0, 1, 2] else 'read %s, %s' % (read, errors)


print(main())
