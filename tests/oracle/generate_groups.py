"""Requests about groups, committed offsets and transactions."""
from steps import From, TopicId
from world import INSTANCES, LIMITS, REBALANCE_MS, SESSION_MS, SLOW_GROUP

SUBSCRIPTION = b'\0\1\0\0\0\1\0\1t\xff\xff\xff\xff\0\0\0\0'


def JoinGroup(world, version):
    group, member_id, instance = world.group(), '', None
    choice = world.random.random()
    member = world.member()
    if version == 0:
        members = world.members_of(SLOW_GROUP)
        group, member_id = SLOW_GROUP, members[0].id() if members else world.pick('', '', '', 'stranger')
    elif member and member.group == SLOW_GROUP:
        pass
    elif choice < 0.35 and member:
        group, member_id, instance = member.group, member.id(), member.instance
    elif choice < 0.7 and world.pending_members:
        number, group = world.pending_members[-1]
        member_id = From(number, ['member_id'], 'gone')
    elif choice < 0.76:
        member_id = world.pick('stranger', 'x' * 50)
    if version >= 5 and instance is None and world.chance(0.15):
        instance = world.random.choice(INSTANCES)
    names = world.pick(['range'], ['range'], ['range', 'roundrobin'], ['sticky'], [])  # not twice the same: Apache fails at its next rebalance
    return {'group_id': group, 'session_timeout_ms': SESSION_MS, 'rebalance_timeout_ms': REBALANCE_MS if version == 0 else world.pick(20, 20, 1), 'member_id': member_id,
            'group_instance_id': instance, 'protocol_type': 'consumer' if world.chance(0.93) else world.pick('', 'connect'),
            'protocols': [{'name': name, 'metadata': world.pick(SUBSCRIPTION, SUBSCRIPTION, b'', b'\0')} for name in names],
            'reason': world.pick(None, 'because', 'x' * 300)}


def of_member(world, generation):
    """group, member, generation and instance of a member, or of a stranger."""
    member = world.member()
    if member is None or world.chance(0.12):
        return world.group(), world.pick('', 'stranger'), world.pick(-1, 0, 1, 2), None
    current = member.generation_now() if world.chance(0.9) else world.pick(-1, 0, 1, 5, 2147483647)
    instance = member.instance if world.chance(0.93) else world.pick(None, *INSTANCES)
    member_id = member.id() if world.chance(0.94) else world.pick('', 'stranger')
    return member.group if world.chance(0.95) else world.group(), member_id, current, instance


def SyncGroup(world, version):
    group, member_id, generation, instance = of_member(world, True)
    assignments = [{'member_id': member.id(), 'assignment': world.pick(b'mine', b'', b'x' * 100)} for member in world.members if member.group == group]
    return {'group_id': group, 'generation_id': generation, 'member_id': member_id, 'group_instance_id': instance,
            'protocol_type': world.pick('consumer', 'consumer', 'consumer', 'consumer', None, 'connect'),
            'protocol_name': world.pick('range', 'range', 'range', 'range', None, 'sticky'),
            'assignments': assignments if world.chance(0.9) else [{'member_id': 'stranger', 'assignment': b'lost'}]}


def Heartbeat(world, version):
    group, member_id, generation, instance = of_member(world, True)
    return {'group_id': group, 'generation_id': generation, 'member_id': member_id, 'group_instance_id': instance}


def LeaveGroup(world, version):
    group, member_id, _, instance = of_member(world, False)
    members = [{'member_id': member_id, 'group_instance_id': instance, 'reason': world.pick(None, 'tired')}]
    if world.chance(0.15):
        members.append({'member_id': world.pick('', 'stranger'), 'group_instance_id': world.pick(None, *INSTANCES)})
    return {'group_id': group, 'member_id': member_id, 'members': members}


def commit_topics(world):
    def topic():
        name = world.topic()
        return {'name': name, 'topic_id': TopicId(name), 'partitions': world.some(3, lambda: {
            'partition_index': world.partition(), 'committed_offset': world.pick(0, 1, 2, 5, 100) if world.chance(0.95) else world.random.choice(LIMITS['int64']),
            'committed_leader_epoch': world.pick(-1, -1, 0, 1), 'commit_timestamp': -1,
            'committed_metadata': world.pick(None, '', 'note', 'x' * 4096) if world.chance(0.95) else 'x' * 4097})}
    return world.some(3, topic)


def OffsetCommit(world, version):
    group, member_id, generation, instance = of_member(world, True)
    if world.chance(0.5):
        group, member_id, generation, instance = world.group(), '', -1, None
    return {'group_id': group, 'generation_id_or_member_epoch': generation, 'member_id': member_id, 'group_instance_id': instance,
            'retention_time_ms': -1, 'topics': commit_topics(world)}


def OffsetFetch(world, version):
    def topic():
        name = world.topic()
        return {'name': name, 'topic_id': TopicId(name), 'partition_indexes': world.some(3, world.partition)}

    def topics():
        return None if world.chance(0.25) and version >= 2 else world.some(3, topic)
    return {'group_id': world.group(), 'topics': topics(), 'require_stable': world.chance(0.3), 'groups': world.some(3, lambda: {
        'group_id': world.group(), 'topics': topics(), 'member_id': None, 'member_epoch': -1})}


def FindCoordinator(world, version):
    kind = 0 if version == 0 else world.pick(0, 0, 1, 1) if world.chance(0.9) else world.pick(2, 3, -1, 127)

    def key():
        return world.group() if kind == 0 else world.transaction(0.02) or '' if kind == 1 else world.pick('', 'g:t:0', 'x')
    return {'key': key(), 'key_type': kind, 'coordinator_keys': world.some(3, key)}


def DescribeGroups(world, version):
    return {'groups': world.some(3, world.group), 'include_authorized_operations': world.chance(0.3)}


def ListGroups(world, version):
    return {'states_filter': world.some(2, lambda: world.pick('Empty', 'Stable', 'stable', 'Dead', 'PreparingRebalance', 'CompletingRebalance', 'nonsense', '')) if world.chance(0.5) else [],
            'types_filter': world.some(2, lambda: world.pick('classic', 'Classic', 'consumer', 'share', 'streams', 'nonsense', '')) if world.chance(0.3) else []}


def DeleteGroups(world, version):
    return {'groups_names': world.some(3, world.group)}


def OffsetDelete(world, version):
    return {'group_id': world.group(), 'topics': world.some(2, lambda: {'name': world.topic(), 'partitions': world.some(2, lambda: {
        'partition_index': world.partition()})})}


# ---- transactions

def InitProducerId(world, version):
    value = {'transactional_id': world.transaction() if world.chance(0.75) else None,
             'transaction_timeout_ms': 600000 if world.chance(0.93) else world.pick(0, -1, 900000, 900001)}
    if version >= 3 and world.chance(0.3):
        producer = world.producer()
        if producer:
            value.update(transactional_id=producer.transactional_id if world.chance(0.9) else value['transactional_id'],
                         producer_id=producer.id() if world.chance(0.9) else world.pick(-1, 0, 5),
                         producer_epoch=producer.epoch_now() if world.chance(0.85) else world.pick(-1, 0, 1, 32766, 32767))
    return value


def identity(world):
    """transactional id, producer id, epoch"""
    producer = world.producer(transactional=True if world.chance(0.95) else None)
    if producer is None or world.chance(0.05):
        return world.transaction() or '', world.pick(-1, 0, 987654321), world.pick(-1, 0, 1)
    name = producer.transactional_id if world.chance(0.96) else world.transaction()
    return name or '', producer.id() if world.chance(0.97) else world.pick(-1, 987654321), \
        producer.epoch_now() if world.chance(0.94) else world.pick(-1, 0, 1, 3, 32767)


def txn_topics(world):
    return world.some(3, lambda: {'name': world.topic(), 'partitions': world.some(3, world.partition)})


def AddPartitionsToTxn(world, version):
    name, producer_id, epoch = identity(world)
    topics = txn_topics(world)
    value = {'v3_and_below_transactional_id': name, 'v3_and_below_producer_id': producer_id, 'v3_and_below_producer_epoch': epoch, 'v3_and_below_topics': topics,
             'transactions': [{'transactional_id': name, 'producer_id': producer_id, 'producer_epoch': epoch, 'verify_only': world.chance(0.3), 'topics': topics}]}
    other, producer_id, epoch = identity(world)
    if other != name and world.chance(0.15):  # brokers collect by id
        name = other
        value['transactions'].append({'transactional_id': name, 'producer_id': producer_id, 'producer_epoch': epoch, 'verify_only': world.chance(0.3),
                                      'topics': txn_topics(world)})
    return value


def AddOffsetsToTxn(world, version):
    name, producer_id, epoch = identity(world)
    return {'transactional_id': name, 'producer_id': producer_id, 'producer_epoch': epoch, 'group_id': world.group()}


def EndTxn(world, version):
    name, producer_id, epoch = identity(world)
    return {'transactional_id': name, 'producer_id': producer_id, 'producer_epoch': epoch, 'committed': world.chance(0.6)}


def TxnOffsetCommit(world, version):
    name, producer_id, epoch = identity(world)
    group, member_id, generation, instance = of_member(world, True)
    if world.chance(0.7):
        group, member_id, generation, instance = world.group(), '', -1, None
    return {'transactional_id': name, 'producer_id': producer_id, 'producer_epoch': epoch, 'group_id': group, 'generation_id': generation,
            'member_id': member_id, 'group_instance_id': instance, 'topics': commit_topics(world)}


def WriteTxnMarkers(world, version):
    def marker():
        _, producer_id, epoch = identity(world)
        producer_id = 987654321 if producer_id == -1 else producer_id  # no coordinator sends markers of nobody
        return {'producer_id': producer_id, 'producer_epoch': epoch, 'transaction_result': world.chance(0.5), 'coordinator_epoch': world.pick(0, 0, 0, -1, 1),
                'transaction_version': world.pick(0, 1, 2),
                'topics': [{'name': world.topic(), 'partition_indexes': [world.partition()]}]}
    markers = [marker()]
    if world.partition_counts and world.chance(0.15):
        # Nothing odd among several: where one marker has nowhere to go, or a partition twice, Apache may never answer.
        markers.append(marker())
        for one in markers:
            one['topics'] = [{'name': world.random.choice(sorted(world.partition_counts, key=repr)), 'partition_indexes': [0]}]
    elif world.chance(0.3):
        markers[0]['topics'] = world.pick([], [{'name': world.topic(), 'partition_indexes': world.pick([], [0, 1], [0, 7])}])
    return {'markers': markers}


def DescribeTransactions(world, version):
    return {'transactional_ids': world.some(3, lambda: world.transaction() or '')}


def ListTransactions(world, version):
    states = lambda: world.pick('Ongoing', 'CompleteCommit', 'CompleteAbort', 'Empty', 'Dead', 'nonsense', 'ongoing', '')
    producer = world.producer()
    return {'state_filters': world.some(2, states) if world.chance(0.5) else [],
            'producer_id_filters': [producer.id()] if producer and world.chance(0.3) else [],
            'duration_filter': -1 if world.chance(0.9) else world.pick(0, 10 ** 12, -5),
            'transactional_id_pattern': None if world.chance(0.6) else world.pick('.*', '.*first', 'nothing', '', '[', '(?=x)')}


WEIGHTS = {JoinGroup: 4, SyncGroup: 3, Heartbeat: 2, LeaveGroup: 1, OffsetCommit: 5, OffsetFetch: 5, FindCoordinator: 1.5, DescribeGroups: 2,
           ListGroups: 1.5, DeleteGroups: 0.8, OffsetDelete: 1, InitProducerId: 3.5, AddPartitionsToTxn: 4, AddOffsetsToTxn: 2.5, EndTxn: 3,
           TxnOffsetCommit: 3, WriteTxnMarkers: 0.7, DescribeTransactions: 1.5, ListTransactions: 1.5}
