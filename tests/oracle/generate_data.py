"""Requests about records: produce, fetch, offsets, deletion, epochs, log directories."""
import records
from steps import From, Records, TopicId
from world import LIMITS

NOW = 1_700_000_000_000


class ProducedRecords(Records):
    """producer: who wrote them and how many they are, if their sequence counts."""

    def __init__(self, batches, producer=None):
        super().__init__(batches)
        self.producer = producer


def rows(world):
    def row():
        key = world.pick(None, b'k1', b'k2', b'k3', b'')
        value = world.pick(None, b'v', b'value-%d' % world.step, b'x' * 200)
        return (key, value, world.pick(0, 0, 0, 1, 5)) if world.chance(0.2) else (key, value)
    return [row() for _ in range(world.pick(1, 1, 1, 2, 3))]


def plain_batch(world, magic):
    template = {'magic': magic, 'records': rows(world)}
    if world.chance(0.15):
        template['attributes'] = records.GZIP
    if world.chance(0.1):
        template['timestamp'] = world.pick(-1, 0, NOW + 1, NOW - 10 ** 9, NOW + 10 ** 12, -5)
    if magic == 2 and world.chance(0.05):
        template['leader_epoch'] = world.pick(0, 5)
    if magic == 2 and world.chance(0.06):
        template['base_offset'] = world.pick(1, 77, -1)
    if world.chance(0.06):
        template['fault'] = world.random.choice(records.SEEN_FAULTS if magic == 2 else ('crc', 'short'))
    if magic == 2 and world.chance(0.03):
        template['attributes'] = world.pick(records.CONTROL, records.TRANSACTIONAL, records.LOG_APPEND_TIME, 5, 7)
    return template


def with_producer(world, producer, topic, partition, template):
    """Its next sequence, or a duplicate, or a gap."""
    key = (repr(topic), partition)
    due = producer.sequences.get(key, 0)
    sequence = due if world.chance(0.8) else world.pick(max(0, due - 1), due + 1, 0, -1, 2147483647, due + 50)
    epoch = producer.epoch_now() if world.chance(0.92) else world.pick(-1, 0, 1, 2, 7, 32767)
    template.update(producer_id=producer.id(), epoch=epoch, sequence=sequence)
    if producer.transactional_id:
        template['attributes'] = template.get('attributes', 0) | (records.TRANSACTIONAL if world.chance(0.93) else 0)
    return producer, len(template['records'])


def produced(world, topic, partition, version, producer):
    magic = 2 if version >= 3 else world.pick(0, 1) if version == 2 else 0
    if world.chance(0.03):
        magic = world.pick(0, 1, 2)
    template = plain_batch(world, magic)
    batches, owner = [template], None
    if producer and magic == 2 and world.chance(0.95):
        owner = with_producer(world, producer, topic, partition, template)
    if world.chance(0.1) and (magic != 2 or world.chance(0.1)):
        batches.append(plain_batch(world, magic))
    if world.chance(0.02):
        batches = []
    return ProducedRecords(batches, owner)


def Produce(world, version):
    producer = world.producer() if version >= 3 and world.chance(0.5) else None
    transactional_id = producer.transactional_id if producer else None
    if world.chance(0.03):
        transactional_id = world.transaction()

    def topic_data():
        topic = world.topic()
        partitions = [world.partition()]
        if world.chance(0.1):
            partitions.append(world.partition())
        return {'name': topic, 'topic_id': TopicId(topic), 'partition_data': [
            {'index': index, 'records': produced(world, topic, index, version, producer)} for index in partitions]}
    acks = world.pick(-2, 2, 32767) if transactional_id is None and world.chance(0.02) else world.pick(-1, -1, -1, -1, 1, 1, 1, 0)
    return {'transactional_id': transactional_id, 'acks': acks, 'timeout_ms': 5000,
            'topic_data': world.some(3, topic_data)}


def offset(world):
    return world.pick(0, 0, 0, 0, 1, 2, 3, 5, 10, 20, 1000) if world.chance(0.95) else world.random.choice(LIMITS['int64'])


def leader_epoch(world):
    return -1 if world.chance(0.8) else world.pick(0, 0, 1, -2, 100)


def Fetch(world, version):
    def topic():
        name = world.topic(internal=False)
        return {'topic': name, 'topic_id': TopicId(name), 'partitions': world.some(3, lambda: {
            'partition': world.partition(), 'current_leader_epoch': leader_epoch(world), 'fetch_offset': offset(world),
            'last_fetched_epoch': -1 if world.chance(0.9) else world.pick(0, 1, 5), 'log_start_offset': -1 if world.chance(0.95) else 0,
            'partition_max_bytes': world.pick(1 << 20, 1 << 20, 1 << 20, 100, 1, 0)})}
    value = {'replica_id': -1, 'max_wait_ms': world.pick(0, 0, 0, 0, 30), 'min_bytes': world.pick(0, 1, 1), 'max_bytes': world.pick(1 << 20, 1 << 20, 200, 1, 0),
             'isolation_level': world.pick(0, 1), 'session_id': 0, 'session_epoch': -1, 'topics': world.some(4, topic),
             'rack_id': world.pick('', '', 'r1')}
    if version < 15 and world.chance(0.04):
        value['replica_id'] = world.pick(-2, 1, 5)  # -3 is a broker's own, between log directories
    elif version >= 15 and world.chance(0.04):
        value['replica_state'] = {'replica_id': world.pick(-1, -2, 1, 5), 'replica_epoch': world.pick(-1, 0, 1)}
    if version >= 7:
        session(world, value)
    return value


def session(world, value):
    choice = world.random.random()
    if choice < 0.25:
        value['session_epoch'] = 0
    elif choice < 0.6 and world.sessions:
        step, _, epoch = world.sessions[-1]
        value['session_id'] = From(step, ['session_id'], 12345)
        value['session_epoch'] = epoch if world.chance(0.9) else world.pick(0, -1, 1, 5, -5)
        if world.chance(0.4):
            value['topics'] = []
        if world.chance(0.2):
            name = world.topic(internal=False)
            value['forgotten_topics_data'] = [{'topic': name, 'topic_id': TopicId(name), 'partitions': [world.partition()]}]
    elif choice < 0.64:
        value.update(session_id=world.pick(99, -1), session_epoch=world.pick(0, 1, -1))


def timestamp(world):
    return world.pick(-1, -1, -2, -2, -3, -4, NOW, NOW + 1, 0, NOW - 1, NOW + 10 ** 13) if world.chance(0.93) else world.random.choice(LIMITS['int64'])


def ListOffsets(world, version):
    return {'replica_id': -1 if world.chance(0.95) else world.pick(-2, 1, 5, -3), 'isolation_level': world.pick(0, 1), 'timeout_ms': 3000,
            'topics': world.some(3, lambda: {'name': world.topic(internal=False), 'partitions': world.some(3, lambda: {
                'partition_index': world.partition(), 'current_leader_epoch': leader_epoch(world), 'timestamp': timestamp(world),
                'max_num_offsets': world.pick(1, 1, 2, 10, 0)})})}


def OffsetForLeaderEpoch(world, version):
    return {'replica_id': world.pick(-1, -2, -2, 1, 5), 'topics': world.some(3, lambda: {'topic': world.topic(internal=False), 'partitions': world.some(3, lambda: {
        'partition': world.partition(), 'current_leader_epoch': leader_epoch(world), 'leader_epoch': world.pick(0, 0, 0, 1, -1, 5, 2147483647)})})}


def DeleteRecords(world, version):
    return {'timeout_ms': 5000, 'topics': world.some(3, lambda: {'name': world.topic(), 'partitions': world.some(3, lambda: {
        'partition_index': world.partition(), 'offset': world.pick(-1, 0, 0, 1, 2, 5, 1000, -2)})})}


def DescribeLogDirs(world, version):
    topics = None if world.chance(0.2) else world.some(3, lambda: {'topic': world.topic(internal=False), 'partitions': world.some(3, world.partition)})
    return {'topics': topics}


def AlterReplicaLogDirs(world, version):
    path = From(-1, [], '/nowhere') if world.chance(0.3) else world.pick('/nowhere', '', 'relative')
    return {'dirs': world.some(2, lambda: {'path': path, 'topics': world.some(2, lambda: {
        'name': world.topic(), 'partitions': world.some(2, world.partition)})})}


def DescribeProducers(world, version):
    return {'topics': world.some(3, lambda: {'name': world.topic(internal=False), 'partition_indexes': world.some(3, world.partition)})}


WEIGHTS = {Produce: 16, Fetch: 16, ListOffsets: 7, OffsetForLeaderEpoch: 2, DeleteRecords: 2.5, DescribeLogDirs: 1, AlterReplicaLogDirs: 1,
           DescribeProducers: 2}
