"""Requests about topics, configs and the cluster."""
from steps import Scoped, TopicId
from world import ODD_TOPICS, TOPICS

# Nothing that decides by the clock, or by what is on disk, within the life of an episode.
CONFIGS = [('cleanup.policy', ('delete', 'compact', 'compact,delete', '', 'nonsense', 'delete,delete')), ('retention.ms', ('-1', '-2', 'x', '9223372036854775807')),
           ('max.message.bytes', ('1048588', '300', '0', '-1', '99999999999')), ('message.timestamp.type', ('CreateTime', 'LogAppendTime', 'createtime')),
           ('compression.type', ('producer', 'gzip', 'uncompressed', 'nonsense')), ('segment.bytes', ('1048576', '14', '1073741824', '1')),
           ('min.insync.replicas', ('1', '2', '0')), ('retention.bytes', ('-1', '1000000', '-5')), ('segment.ms', ('604800000', '0', '1')),
           ('unclean.leader.election.enable', ('true', 'false', 'maybe')), ('message.timestamp.after.max.ms', ('3600000', '-1', '9223372036854775807')),
           ('min.cleanable.dirty.ratio', ('0.5', '1.5', '-0.1', 'x')), ('nonsense.config', ('1',)), ('', ('1',)), ('index.interval.bytes', ('4096', '0', '-1')),
           ('delete.retention.ms', ('86400000', '-1', '0')), ('preallocate', ('false',)), ('local.retention.ms', ('-2', '5', '-3')),
           ('flush.messages', ('1', '0', '9223372036854775807')), ('max.compaction.lag.ms', ('0', '1', '9223372036854775807')),
           ('remote.storage.enable', ('false', 'true')), ('leader.replication.throttled.replicas', ('*', '', '0:1', 'nonsense'))]


def config(world):
    name, values = world.random.choice(CONFIGS)
    return {'name': name, 'value': world.random.choice(values) if world.chance(0.97) else None}


def new_name(world):
    return world.random.choice(ODD_TOPICS) if world.chance(0.2) else world.random.choice(TOPICS)


def CreateTopics(world, version):
    def topic():
        name = new_name(world)
        value = {'name': name, 'num_partitions': world.pick(1, 2, 3), 'replication_factor': 1, 'configs': []}
        if world.chance(0.15):
            value['num_partitions'], value['replication_factor'] = world.pick(-1, 0, -2, 3), world.pick(-1, -1, 0, 2, -2, 1)
        if world.chance(0.1):
            value.update(num_partitions=world.pick(-1, -1, 1), replication_factor=world.pick(-1, -1, 1), assignments=[
                {'partition_index': index, 'broker_ids': world.pick([1], [1], [1], [2], [1, 1], [], [1, 2])} for index in world.pick([0], [0, 1], [1], [0, 0], [-1])])
        if name == Scoped('compact'):
            value['configs'] = [{'name': 'cleanup.policy', 'value': 'compact'}]
        elif name == Scoped('appended'):
            value['configs'] = [{'name': 'message.timestamp.type', 'value': 'LogAppendTime'}]
        elif world.chance(0.25):
            value['configs'] = world.some(3, lambda: config(world))
        return value
    return {'topics': world.some(3, topic), 'timeout_ms': 10000, 'validate_only': world.chance(0.1)}


def DeleteTopics(world, version):
    def name():
        chosen = world.topic()
        return Scoped('nobody') if isinstance(chosen, str) and chosen.startswith('__') else chosen

    def state():
        chosen = name()
        return world.pick({'name': chosen}, {'name': None, 'topic_id': TopicId(chosen)}, {'name': chosen, 'topic_id': TopicId(chosen)}) \
            if world.chance(0.2) else world.pick({'name': chosen}, {'name': None, 'topic_id': TopicId(chosen)})
    return {'topics': world.some(2, state), 'topic_names': world.some(2, name), 'timeout_ms': 10000}


def CreatePartitions(world, version):
    def topic():
        chosen = world.topic()
        if isinstance(chosen, str) and chosen.startswith('__'):
            chosen = Scoped('nobody')
        assignments = None if world.chance(0.8) else world.pick([], [{'broker_ids': [1]}], [{'broker_ids': [1]}, {'broker_ids': [1]}], [{'broker_ids': [2]}], [{'broker_ids': []}])
        return {'name': chosen, 'count': world.pick(1, 2, 3, 3, 4, 0, -1), 'assignments': assignments}
    return {'topics': world.some(2, topic), 'timeout_ms': 10000, 'validate_only': world.chance(0.3)}


def Metadata(world, version):
    def topic():
        name = world.topic()
        if version >= 10 and world.chance(0.3):
            return {'name': world.pick(None, None, None, name), 'topic_id': TopicId(name)}
        return {'name': name}
    topics = None if version >= 1 and world.chance(0.2) else world.some(3, topic)
    return {'topics': topics, 'allow_auto_topic_creation': world.chance(0.15), 'include_topic_authorized_operations': world.chance(0.2),
            'include_cluster_authorized_operations': world.chance(0.2)}


def resource(world):
    kind = world.pick(2, 2, 2, 2, 2, 2, 2, 4, 4, 8, 16, 32, 0, 1, 3) if world.chance(0.98) else world.pick(-1, 127)
    name = world.topic() if kind == 2 else world.pick('1', '1', '', '2', 'x') if kind in (4, 8) else world.group() if kind == 32 else world.pick('', 'x')
    return kind, name


def DescribeConfigs(world, version):
    def one():
        kind, name = resource(world)
        keys = None if world.chance(0.4) else world.some(4, lambda: config(world)['name'])
        return {'resource_type': kind, 'resource_name': name, 'configuration_keys': keys}
    return {'resources': world.some(2, one), 'include_synonyms': world.chance(0.4), 'include_documentation': world.chance(0.2)}


def topic_resource(world):
    name = world.topic()
    return {'resource_type': 2, 'resource_name': Scoped('nobody') if isinstance(name, str) and name.startswith('__') else name}


def AlterConfigs(world, version):
    resources = world.some(2, lambda: dict(topic_resource(world), configs=world.some(3, lambda: config(world))))
    names = [repr(resource['resource_name']) for resource in resources]
    if len(set(names)) < len(names):
        resources = resources[:1]  # Apache may never answer for a resource that is named twice
    return {'resources': resources, 'validate_only': world.chance(0.2)}


def IncrementalAlterConfigs(world, version):
    def change():
        value = config(world)
        value['config_operation'] = world.pick(0, 0, 0, 1, 1, 2, 3)  # others: Apache fails with UNKNOWN_SERVER_ERROR
        return value
    return {'resources': world.some(2, lambda: dict(topic_resource(world), configs=world.some(3, change))), 'validate_only': world.chance(0.2)}


def ListConfigResources(world, version):
    return {'resource_types': world.pick([], [2], [4], [16], [32], [2, 4], [0], [127], [8])}


def ApiVersions(world, version):
    return {'client_software_name': world.pick('oracle', 'oracle', '', 'a b', 'x-y.z', '-x', 'ü'), 'client_software_version': world.pick('1.0', '1.0', '', '!', '1.0-SNAPSHOT')}


def DescribeCluster(world, version):
    return {'include_cluster_authorized_operations': world.chance(0.4), 'endpoint_type': world.pick(1, 1, 1, 2, 0, 3, -1), 'include_fenced_brokers': world.chance(0.3)}


def DescribeQuorum(world, version):
    return {'topics': world.some(2, lambda: {'topic_name': world.pick('__cluster_metadata', '__cluster_metadata', '__cluster_metadata', 'x'),
                                             'partitions': world.some(2, lambda: {'partition_index': world.pick(0, 0, 0, 1)})})}


WEIGHTS = {CreateTopics: 5, DeleteTopics: 1.2, CreatePartitions: 1.2, Metadata: 5, DescribeConfigs: 2.5, AlterConfigs: 1, IncrementalAlterConfigs: 2,
           ListConfigResources: 0.6, ApiVersions: 1, DescribeCluster: 1, DescribeQuorum: 0.6}
