"""Requests to the controller, about quotas and about security: whatever leaves a cluster of one broker as it was.

What counts for the whole cluster is only asked for in ways that must be refused, or to be validated: what outlives the episode
would be met by others.
"""
from steps import Address, Scoped
from world import LIMITS, ODD_GROUPS, ODD_TOPICS, TOPICS

FEATURES = ('metadata.version', 'metadata.version', 'transaction.version', 'kraft.version', 'eligible.leader.replicas.version', 'nonsense', '', 'metadata')
BROKERS = (0, 2, 99, -1, 2147483647)  # never 1, which is there
QUOTAS = ('producer_byte_rate', 'consumer_byte_rate', 'request_percentage', 'controller_mutation_rate', 'connection_creation_rate', 'nonsense', '')
AMOUNTS = (1000.0, 1000.5, 50.0, 0.0, -1.0, 1e18, 1e300, 0.1, float('inf'), float('nan'))


def partitions_of(world, make):
    """Rows of topic and partitions."""
    return world.some(3, lambda: make(world.topic(), world.some(3, world.partition)))


def ElectLeaders(world, version):
    rows = None if world.chance(0.15) else partitions_of(world, lambda name, partitions: {'topic': name, 'partitions': partitions})
    return {'election_type': world.pick(0, 0, 1, 2, -1) if world.chance(0.9) else world.random.choice(LIMITS['int8']), 'topic_partitions': rows, 'timeout_ms': 10000}


def AlterPartitionReassignments(world, version):
    def partition(index):
        return {'partition_index': index, 'replicas': world.pick(None, None, [1], [1], [], [2], [1, 2], [1, 1], [-1], [2147483647])}
    return {'timeout_ms': 10000, 'allow_replication_factor_change': world.chance(0.7),
            'topics': partitions_of(world, lambda name, partitions: {'name': name, 'partitions': list(map(partition, partitions))})}


def ListPartitionReassignments(world, version):
    return {'timeout_ms': 10000, 'topics': None if world.chance(0.3) else partitions_of(world, lambda name, partitions: {'name': name, 'partition_indexes': partitions})}


def UpdateFeatures(world, version):
    def change():
        feature = world.random.choice(FEATURES)
        if version == 0:  # cannot be only validated
            return {'feature': feature, 'max_version_level': world.pick(999, 32767, -1) if world.chance(0.9) else -32768, 'allow_downgrade': world.chance(0.3)}
        return {'feature': feature, 'max_version_level': world.pick(0, 1, 2, 3, 7, 20, 25, 999, -1), 'upgrade_type': world.pick(1, 1, 1, 2, 3, 0, 4, -1)}
    return {'timeout_ms': 10000, 'feature_updates': world.some(2, change), 'validate_only': True}


def UnregisterBroker(world, version):
    return {'broker_id': world.random.choice(BROKERS)}


def AddRaftVoter(world, version):
    """A quorum of kraft.version 0 takes no voters.  No listener without a name: Apache's controller dies of it."""
    return {'cluster_id': world.pick(None, None, 'another', ''), 'timeout_ms': 1000, 'voter_id': world.random.choice(BROKERS), 'voter_directory_id': world.random.choice(LIMITS['uuid'][:3]),
            'listeners': world.some(2, lambda: {'name': world.pick('CONTROLLER', 'CONTROLLER', 'OTHER'), 'host': 'localhost', 'port': world.pick(9, 0, 65535)}),
            'ack_when_committed': world.chance(0.5)}


def RemoveRaftVoter(world, version):
    return {'cluster_id': world.pick(None, None, 'another', ''), 'voter_id': world.random.choice(BROKERS), 'voter_directory_id': world.random.choice(LIMITS['uuid'][:3])}


def DescribeTopicPartitions(world, version):
    topics = world.some(4, lambda: {'name': world.topic()}) if world.chance(0.85) else []
    cursor = None
    if not topics or world.chance(0.4):
        name = world.random.choice(topics)['name'] if topics and world.chance(0.8) else world.random.choice(TOPICS)
        cursor = {'topic_name': name, 'partition_index': world.pick(0, 0, 1, 2, 5, -1)}
    return {'topics': topics, 'response_partition_limit': world.pick(2000, 2000, 1, 2, 3, 5, 0, -1), 'cursor': cursor}


def ConsumerGroupDescribe(world, version):
    return {'group_ids': world.some(3, world.group), 'include_authorized_operations': world.chance(0.3)}


# ---- quotas

def entity(world):
    def one():
        kind = world.pick('user', 'user', 'client-id', 'client-id', 'ip', 'nonsense', '')
        if kind == 'ip':
            name = Address(world.pick(1, 2)) if world.chance(0.9) else world.pick('1.2.3.4.5', '', '300.1.1.1')
        else:
            name = world.pick(Scoped('ann'), Scoped('ben'), Scoped('ann'), Scoped('ben'), '', Scoped('a b/ü'))
        return {'entity_type': kind, 'entity_name': name}
    return world.some(2, one)


def AlterClientQuotas(world, version):
    def operation():
        return {'key': world.random.choice(QUOTAS[:5] if world.chance(0.9) else QUOTAS), 'value': world.pick(1000.0, 50.0) if world.chance(0.7) else world.random.choice(AMOUNTS),
                'remove': world.chance(0.25)}
    validate_only = world.chance(0.2)
    entries = world.some(3, lambda: {'entity': entity(world), 'ops': world.some(3, operation)})
    if validate_only and world.chance(0.5):
        for entry in entries:
            for part in entry['entity'][:1]:
                part['entity_name'] = None  # the default, which others would meet
    return {'entries': entries, 'validate_only': validate_only}


def DescribeClientQuotas(world, version):
    def component():
        match = world.pick(0, 0, 0, 1, 2, 2, 3, -1)
        part = (entity(world) or [{'entity_type': 'user', 'entity_name': Scoped('ann')}])[0]
        return {'entity_type': part['entity_type'], 'match_type': match, 'match': part['entity_name'] if match == 0 or world.chance(0.1) else None}
    return {'components': world.some(3, component), 'strict': world.chance(0.3)}


# ---- security, of which there is none

def rule(world, suffix=''):
    """suffix: of the names in a filter."""
    return {'resource_type' + suffix: world.pick(2, 2, 3, 4, 1, 0, 99), 'resource_name' + suffix: world.pick(Scoped('alpha'), Scoped('alpha'), '', '*'),
            'pattern_type' + suffix: world.pick(3, 3, 4, 1, 2, 0, 99), 'resource_pattern_type': world.pick(3, 3, 3, 4, 1, 0, 99),
            'principal' + suffix: world.pick('User:ann', 'User:ann', 'ann', '', 'User:*'), 'host' + suffix: world.pick('*', '10.0.0.1', ''),
            'operation': world.pick(3, 3, 2, 1, 0, 99), 'permission_type': world.pick(3, 3, 2, 1, 0, 99)}


def sane_rule(world, suffix=''):
    return {'resource_type' + suffix: 2, 'resource_name' + suffix: Scoped('alpha'), 'principal' + suffix: 'User:ann', 'host' + suffix: '*', 'operation': 3, 'permission_type': 3}


def rule_or_odd(world, suffix=''):
    return rule(world, suffix) if world.chance(0.4) else sane_rule(world, suffix)


def DescribeAcls(world, version):
    return rule_or_odd(world, '_filter')


def CreateAcls(world, version):
    return {'creations': world.some(3, lambda: rule_or_odd(world))}


def DeleteAcls(world, version):
    return {'filters': world.some(3, lambda: rule_or_odd(world, '_filter'))}


def principal(world):
    return {'principal_type': world.pick('User', 'User', 'Group', ''), 'principal_name': world.pick('ann', 'ANONYMOUS', '')}


def CreateDelegationToken(world, version):
    return {'owner_principal_type': world.pick(None, 'User', 'Group', ''), 'owner_principal_name': world.pick(None, 'ann', ''), 'renewers': world.some(2, lambda: principal(world)),
            'max_lifetime_ms': world.pick(-1, 0, 1000, -5)}


def RenewDelegationToken(world, version):
    return {'hmac': world.pick(b'', b'secret'), 'renew_period_ms': world.pick(-1, 0, 1000)}


def ExpireDelegationToken(world, version):
    return {'hmac': world.pick(b'', b'secret'), 'expiry_time_period_ms': world.pick(-1, 0, 1000)}


def DescribeDelegationToken(world, version):
    return {'owners': None if world.chance(0.3) else world.some(2, lambda: principal(world))}


def DescribeUserScramCredentials(world, version):
    return {'users': None if world.chance(0.2) else world.some(3, lambda: {'name': world.pick(Scoped('ann'), Scoped('ben'), '')})}


def SaslHandshake(world, version):
    return {'mechanism': world.pick('PLAIN', 'SCRAM-SHA-256', '', 'nonsense')}


def SaslAuthenticate(world, version):
    return {'auth_bytes': world.pick(b'', b'\0ann\0secret')}


WEIGHTS = {ElectLeaders: 1, AlterPartitionReassignments: 1, ListPartitionReassignments: 0.7, UpdateFeatures: 1, UnregisterBroker: 0.4, AddRaftVoter: 0.4, RemoveRaftVoter: 0.4,
           DescribeTopicPartitions: 2, ConsumerGroupDescribe: 0.8, AlterClientQuotas: 2, DescribeClientQuotas: 2, DescribeAcls: 0.4, CreateAcls: 0.4, DeleteAcls: 0.4,
           CreateDelegationToken: 0.4, RenewDelegationToken: 0.3, ExpireDelegationToken: 0.3, DescribeDelegationToken: 0.3, DescribeUserScramCredentials: 0.5,
           SaslHandshake: 0.3, SaslAuthenticate: 0.3}
