"""The tweets story's roles for aiokafka."""
import asyncio

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError

import tweets


async def create(bootstrap, topic, partitions):
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, partitions, 1)])
    await admin.close()


async def produce(bootstrap, topic, codec, numbered, acked):
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks='all', enable_idempotence=True, linger_ms=5, request_timeout_ms=90000,
        compression_type=None if codec == 'none' else codec)
    await producer.start()

    async def delivered(index, future):
        try:
            metadata = await future
            acked.ok(index, metadata.partition, metadata.offset)
        except KafkaError as error:
            acked.failed(index, error)

    waiting = []
    for index, key, value in numbered:
        waiting.append(asyncio.ensure_future(delivered(index, await producer.send(topic, key=key, value=value))))
        if index % 50 == 0:
            await asyncio.sleep(0)
    await producer.flush()
    await asyncio.gather(*waiting)
    await producer.stop()


class Listener(ConsumerRebalanceListener):
    def __init__(self, record):
        self.record = record

    async def on_partitions_revoked(self, revoked):
        pass

    async def on_partitions_assigned(self, assigned):
        self.record.assigned(p.partition for p in assigned)


async def consume(bootstrap, topic, group, record):
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap, group_id=group, auto_offset_reset='earliest', enable_auto_commit=False,
        session_timeout_ms=30000, heartbeat_interval_ms=500, max_poll_records=200)
    consumer.subscribe([topic], listener=Listener(record))
    await consumer.start()

    while not record.stopping():
        batches = await consumer.getmany(timeout_ms=200)
        for batch in batches.values():
            for message in batch:
                record.record(message.partition, message.offset, message.key, message.value)
        record.flush()
        if batches:
            try:
                await consumer.commit()
                record.committed()
            except KafkaError as error:
                record.note(repr(error))
    await consumer.stop()


def run(role):
    return lambda *arguments: asyncio.run(role(*arguments))


tweets.main(run(create), run(produce), run(consume))
