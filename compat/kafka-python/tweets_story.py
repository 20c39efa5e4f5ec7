"""The tweets story's roles for kafka-python, every release since 1.4."""
import kafka
import kafka.admin
from kafka.errors import CommitFailedError, KafkaError, TopicAlreadyExistsError

import tweets

IDEMPOTENT = int(kafka.__version__.split('.')[0]) >= 3 or kafka.__version__.startswith(('2.2', '2.3'))


def create(bootstrap, topic, partitions):
    admin = kafka.admin.KafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        admin.create_topics([kafka.admin.NewTopic(topic, partitions, 1)])
    except TopicAlreadyExistsError:
        pass
    admin.close()


def produce(bootstrap, topic, codec, numbered, acked):
    options = {'enable_idempotence': True} if IDEMPOTENT else {'max_in_flight_requests_per_connection': 1}
    producer = kafka.KafkaProducer(
        bootstrap_servers=bootstrap, acks='all', retries=1000000, retry_backoff_ms=100, linger_ms=5,
        request_timeout_ms=60000, max_block_ms=60000, compression_type=None if codec == 'none' else codec, **options)

    for index, key, value in numbered:
        future = producer.send(topic, key=key, value=value)
        future.add_callback(lambda metadata, index=index: acked.ok(index, metadata.partition, metadata.offset))
        future.add_errback(lambda error, index=index: acked.failed(index, error))
    producer.flush(timeout=60)
    producer.close(timeout=30)


class Listener(kafka.ConsumerRebalanceListener):
    def __init__(self, record):
        self.record = record

    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        self.record.assigned(p.partition for p in assigned)


def consume(bootstrap, topic, group, record):
    consumer = kafka.KafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, auto_offset_reset='earliest', enable_auto_commit=False,
        session_timeout_ms=30000, heartbeat_interval_ms=500, max_poll_records=200)
    consumer.subscribe([topic], listener=Listener(record))

    def commit():
        try:
            consumer.commit()
            record.committed()
        except (CommitFailedError, KafkaError) as error:
            record.note(repr(error))

    while not record.stopping():
        for batch in consumer.poll(timeout_ms=200).values():
            for message in batch:
                record.record(message.partition, message.offset, message.key, message.value)
            record.flush()
            commit()
    commit()
    consumer.close()


tweets.main(create, produce, consume)
