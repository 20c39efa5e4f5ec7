"""The reader: everything that a client can see of a broker, in a form that can be compared."""
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from load import digest

READ_TIMEOUT_SECONDS = 60


def records(bootstrap, topic, partition, isolation='read_committed'):
    """[(offset, timestamp type, timestamp, digest of key and value, headers)], and the watermarks."""
    consumer = Consumer({'bootstrap.servers': bootstrap, 'group.id': 'reader', 'enable.auto.commit': False,
                         'auto.offset.reset': 'earliest', 'isolation.level': isolation, 'enable.partition.eof': True,
                         'check.crcs': True, 'log_level': 0})
    low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=30)
    consumer.assign([TopicPartition(topic, partition, low)])
    found, ended, deadline = [], False, time.monotonic() + READ_TIMEOUT_SECONDS
    while not ended:
        # It waits for all thousand, or for as long as it may: at the end of the log for nothing.
        for message in consumer.consume(1000, timeout=0.05):
            if message.error():
                if message.error().name() != '_PARTITION_EOF':
                    raise AssertionError('%s-%d: %s' % (topic, partition, message.error()))
                ended = True
                continue
            key = message.key().decode() if message.key() is not None else None
            value = message.value().decode() if message.value() is not None else None
            found.append((message.offset(), *message.timestamp(), digest(key, value), message.headers(), key, value and value[:12]))
        if time.monotonic() > deadline:
            raise AssertionError('%s-%d: no end of it after %d s' % (topic, partition, READ_TIMEOUT_SECONDS))
    consumer.close()
    return found, (low, high)


def groups(bootstrap, known):
    """What is known of the groups, once all that are `known` are loaded: Apache does not list those that are not, yet.

    {group: (state, {(topic, partition): (offset, metadata)})}"""
    admin = AdminClient({'bootstrap.servers': bootstrap, 'log_level': 0})
    found, deadline = {}, time.monotonic() + 30
    listed = admin.list_consumer_groups().result(30)
    while listed.errors or not known <= {group.group_id for group in listed.valid}:
        if time.monotonic() > deadline:
            raise AssertionError('groups are missing: %s, %s' % (listed.valid, listed.errors))
        time.sleep(0.3)
        listed = admin.list_consumer_groups().result(30)
    for group in listed.valid:
        if group.group_id == 'reader':
            continue
        request = [ConsumerGroupTopicPartitions(group.group_id)]
        offsets = admin.list_consumer_group_offsets(request)[group.group_id].result(30)
        found[group.group_id] = (group.state.name, {(each.topic, each.partition): (each.offset, each.metadata or '')
                                                    for each in offsets.topic_partitions})
    return found


def topics(bootstrap):
    """{topic: (partitions, configs that are its own)}"""
    admin = AdminClient({'bootstrap.servers': bootstrap, 'log_level': 0})
    names = {name: len(topic.partitions) for name, topic in admin.list_topics(timeout=30).topics.items()
             if not name.startswith('__')}
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    found = {}
    for resource, future in admin.describe_configs(resources).items():
        own = {entry.name: entry.value for entry in future.result(30).values() if entry.source == 1}
        found[resource.name] = (names[resource.name], own)
    return found


def everything(bootstrap, known_groups):
    seen = {'topics': topics(bootstrap), 'groups': groups(bootstrap, known_groups), 'records': {}}
    for topic, (partitions, _) in sorted(seen['topics'].items()):
        for partition in range(partitions):
            seen['records'][topic, partition] = records(bootstrap, topic, partition)
            if topic == 'transactions':
                seen['records'][topic, partition, 'uncommitted'] = records(bootstrap, topic, partition, 'read_uncommitted')
    return seen
