"""The tweets story's roles for confluent-kafka."""
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

import tweets


def create(bootstrap, topic, partitions):
    admin = AdminClient({'bootstrap.servers': bootstrap})
    for future in admin.create_topics([NewTopic(topic, partitions, 1)]).values():
        try:
            future.result(30)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def produce(bootstrap, topic, codec, numbered, acked):
    producer = Producer({
        'bootstrap.servers': bootstrap, 'acks': 'all', 'enable.idempotence': True, 'compression.type': codec,
        'linger.ms': 5, 'message.timeout.ms': 90000, 'reconnect.backoff.max.ms': 1000})

    def delivered(index):
        def callback(error, message):
            if error:
                acked.failed(index, error)
            else:
                acked.ok(index, message.partition(), message.offset())
        return callback

    for index, key, value in numbered:
        producer.produce(topic, key=key, value=value, on_delivery=delivered(index))
        producer.poll(0)
    producer.flush(90)


def consume(bootstrap, topic, group, record):
    consumer = Consumer({
        'bootstrap.servers': bootstrap, 'group.id': group, 'auto.offset.reset': 'earliest', 'enable.auto.commit': False,
        'session.timeout.ms': 30000, 'heartbeat.interval.ms': 500, 'reconnect.backoff.max.ms': 1000})
    consumer.subscribe([topic], on_assign=lambda _, assigned: record.assigned(p.partition for p in assigned))

    while not record.stopping():
        messages = consumer.consume(200, timeout=0.2)
        read = 0
        for message in messages:
            if message.error():
                record.note(message.error())
            else:
                record.record(message.partition(), message.offset(), message.key(), message.value())
                read += 1
        record.flush()
        if read:
            try:
                consumer.commit(asynchronous=False)
                record.committed()
            except KafkaException as error:
                record.note(error)
    consumer.close()


tweets.main(create, produce, consume)
