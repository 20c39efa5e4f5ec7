"""kafka_python_client.py BOOTSTRAP TOPIC SECONDS: sends three records, reads them in a group, and says how that went in one line."""
import sys

from kafka import KafkaConsumer, KafkaProducer


def main():
    bootstrap, topic, seconds = sys.argv[1:]
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks='all', max_block_ms=int(seconds) * 1000)
    for number in range(3):
        producer.send(topic, b'%d' % number).get(timeout=int(seconds))
    consumer = KafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=topic, auto_offset_reset='earliest',
                             consumer_timeout_ms=int(seconds) * 1000)
    read = []
    for record in consumer:
        read.append(int(record.value))
        if len(read) == 3:
            break
    consumer.close()
    producer.close()
    print('ok' if read == [0, 1, 2] else 'read %s' % read)


try:
    main()
except Exception as error:  # pylint: disable=broad-except
    print('%s: %s' % (type(error).__name__, error))
