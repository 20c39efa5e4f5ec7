"""The seeded sequence of an episode: each request is drawn with what the answers before it have told."""
import random

import generate_admin
import generate_cluster
import generate_data
import generate_groups
import schema
from steps import Scoped, Step, Together
from world import REBALANCE_MS, SLOW_GROUP, World, mutate

WEIGHTS = {make.__name__: (make, weight) for module in (generate_data, generate_groups, generate_admin, generate_cluster) for make, weight in module.WEIGHTS.items()}
MUTATED, DAMAGED, UNSERVED, ODD_CLIENT, HASTY, WANTED = 0.12, 0.01, 0.01, 0.01, 0.6, 0.8
UNDAMAGED = ('UpdateFeatures', 'UnregisterBroker', 'AddRaftVoter')
# Mutating the names there could reach what outlives the episode.
KEPT = {'DeleteTopics': ('name', 'topic_names', 'topics', 'topic_id'), 'CreatePartitions': ('name',),
        'AddPartitionsToTxn': ('transactions',),  # Apache never answers a batch of none
        'UpdateFeatures': ('max_version_level', 'validate_only', 'allow_downgrade', 'upgrade_type'), 'UnregisterBroker': ('broker_id',), 'AddRaftVoter': ('name',), 'AlterConfigs': ('resources',),
        'AlterClientQuotas': ('validate_only', 'entity_name'), 'DescribeTopicPartitions': ('topics', 'cursor', 'topic_name'),
        'WriteTxnMarkers': ('producer_id', 'topics', 'partition_indexes', 'name', 'markers'),
        # The same protocol twice, or a subscription of version -1: Apache fails at the group's next rebalance.
        'JoinGroup': ('protocols', 'metadata', 'group_id'),
        # Topic id 0 before another topic: a null that Apache meets when it puts the answer together.
        'Fetch': ('session_id', 'topic_id')}  # beyond its shards of sessions Apache fails with UNKNOWN_SERVER_ERROR


class Generator:
    """served: name -> (first, last) version that both brokers serve; only: an API to draw far more often; wanted: like served,
    versions to draw more often."""

    def __init__(self, seed, served, side, only=None, wanted=None):
        self.random = random.Random(seed)
        self.world = World(self.random, side)
        self.served, self.wanted = served, wanted or {}
        self.names = [name for name in WEIGHTS if name in served]
        self.weights = [WEIGHTS[name][1] * (12 if only and name == only else 3 if name in self.wanted else 1) for name in self.names]
        self.number = 0
        self.first = [self.first_topics]
        self.joined = None  # a group whose members wait for their assignments, and how often it is looked at before

    def next(self):
        if self.first:
            return self.first.pop()()
        if self.joined:
            return self.after_join()
        if self.world.members and self.random.random() < 0.015:
            return self.together()
        name = self.random.choices(self.names, self.weights)[0]
        return self.make(name)

    def first_topics(self):
        value = {'topics': [
            {'name': Scoped('alpha'), 'num_partitions': 3, 'replication_factor': 1},
            {'name': Scoped('beta'), 'num_partitions': 2, 'replication_factor': 1},
            {'name': Scoped('compact'), 'num_partitions': 1, 'replication_factor': 1, 'configs': [{'name': 'cleanup.policy', 'value': 'compact'}]},
            {'name': Scoped('appended'), 'num_partitions': 1, 'replication_factor': 1, 'configs': [{'name': 'message.timestamp.type', 'value': 'LogAppendTime'}]}],
            'timeout_ms': 10000}
        return self.step('CreateTopics', 5, value)

    def step(self, name, version, value, **options):
        self.number += 1
        self.world.step = self.number
        return Step(self.number, schema.APIS[name], version, value, **options)

    def make(self, name):
        first, last = self.served[name]
        version = self.random.choice([first, last, last, self.random.randint(first, last)])
        if name in self.wanted and self.random.random() < WANTED:
            version = self.random.randint(*self.wanted[name])
        self.world.step = self.number + 1
        value = WEIGHTS[name][0](self.world, version)
        options = {}
        if name == 'JoinGroup' and (version == 0 or self.random.random() < HASTY):
            value['rebalance_timeout_ms'], options['hasty'] = REBALANCE_MS, True
        elif self.random.random() < MUTATED:
            mutate(self.world, schema.APIS[name], value, version, KEPT.get(name, ()))
        elif name not in UNDAMAGED and self.random.random() < DAMAGED:
            options['damage'] = self.random.choice([('cut', self.random.randint(1, 40)), ('extend', self.random.randint(1, 20)),
                                                    ('patch', (self.random.randint(0, 300), self.random.choice([b'\xff\xff', b'\x7f\xff\xff\xff', b'\xff', b'\x80'])))])
        if self.random.random() < ODD_CLIENT:
            options['client_id'] = self.random.choice([None, '', 'x' * 300])
        return self.step(name, version, value, **options)

    # ---- groups, whose members wait for one another

    def together(self):
        group = self.random.choice(self.world.members).group
        return self.join_together(group) if group != SLOW_GROUP and self.random.random() < 0.7 else self.sync_together(group)

    def join_together(self, group):
        """Members that are there, and a new one."""
        version = self.random.randint(max(1, self.served['JoinGroup'][0]), min(3, self.served['JoinGroup'][1]))
        steps = []
        for member in self.world.members_of(group) + [None]:
            value = generate_groups.JoinGroup(self.world, version)
            value.update(group_id=group, member_id=member.id() if member else '', group_instance_id=None, rebalance_timeout_ms=REBALANCE_MS,
                         protocol_type='consumer', protocols=[{'name': 'range', 'metadata': generate_groups.SUBSCRIPTION}])
            steps.append(self.step('JoinGroup', version, value))
        return Together(steps, hasty=self.random.random() < HASTY)

    def sync_together(self, group):
        steps = []
        members = self.world.members_of(group)
        for member in members:
            value = generate_groups.SyncGroup(self.world, 3)
            value.update(group_id=group, member_id=member.id(), generation_id=member.generation_now(), group_instance_id=member.instance,
                         assignments=[{'member_id': other.id(), 'assignment': b'of %d' % other.step} for other in members] if member.leader else [])
            steps.append(self.step('SyncGroup', 3, value))
        return Together(steps)

    def after_join(self):
        """What a new generation is asked before its deadline; in the end its members get their assignments."""
        group, looks = self.joined
        if looks:
            self.joined = group, looks - 1
            name = self.random.choice(('Heartbeat', 'OffsetCommit', 'DescribeGroups', 'TxnOffsetCommit'))
            return self.step(name, self.served[name][1], WEIGHTS[name][0](self.world, self.served[name][1]))
        self.joined = None
        members = self.world.members_of(group)
        return self.sync_together(group) if len(members) > 1 or members and self.random.random() < 0.3 else self.make('SyncGroup')

    def observe(self, step, answer, topics, scope, hasty):
        """topics: what is there now, with its scope.  hasty: another step must follow at once."""
        self.world.partition_counts = {Scoped(name[len(scope):]): count for name, count in topics.items() if name.startswith(scope)}
        self.world.observe(step, answer)
        if step.api.name == 'JoinGroup' and isinstance(answer, dict) and answer['error_code'] == 0 and hasty:
            self.joined = step.value['group_id'], self.random.choice((0, 0, 1, 2))


