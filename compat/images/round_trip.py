#!/usr/bin/env python3
"""round_trip.py BOOTSTRAP TOPIC: ten keyed records written and read by a group, as people begin with kafka-python."""
import sys

from kafka import KafkaConsumer, KafkaProducer

bootstrap, topic = sys.argv[1:]
producer = KafkaProducer(bootstrap_servers=bootstrap, acks='all', request_timeout_ms=20000)
sent = {b'%s %d' % (topic.encode(), number) for number in range(10)}
for number, value in enumerate(sorted(sent)):
    producer.send(topic, key=b'key %d' % (number % 3), value=value)
producer.flush(timeout=20)
producer.close()
consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id='readers of ' + topic, auto_offset_reset='earliest',
                         consumer_timeout_ms=20000)
got = set()
for message in consumer:
    got.add(message.value)
    if got >= sent:
        break
consumer.close()
print('read %d of %d' % (len(got & sent), len(sent)))
sys.exit(0 if got == sent else 1)
