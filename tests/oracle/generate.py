"""The seeded sequence of an episode: each request is drawn with what the answers before it have told."""
import random

import generate_admin
import generate_data
import generate_groups
import schema
from steps import Scoped, Step, Together
from world import World, mutate

WEIGHTS = {make.__name__: (make, weight) for module in (generate_data, generate_groups, generate_admin) for make, weight in module.WEIGHTS.items()}
MUTATED, DAMAGED, UNSERVED, ODD_CLIENT = 0.12, 0.01, 0.01, 0.01
# Mutating the names there could reach what outlives the episode.
KEPT = {'DeleteTopics': ('name', 'topic_names', 'topics', 'topic_id'), 'CreatePartitions': ('name',),
        'AddPartitionsToTxn': ('transactions',),  # Apache never answers a batch of none
        'WriteTxnMarkers': ('producer_id', 'topics', 'partition_indexes', 'name', 'markers'),
        # The same protocol twice, or a subscription of version -1: Apache fails at the group's next rebalance.
        'JoinGroup': ('protocols', 'metadata'),
        # Topic id 0 before another topic: a null that Apache meets when it puts the answer together.
        'Fetch': ('session_id', 'topic_id')}  # beyond its shards of sessions Apache fails with UNKNOWN_SERVER_ERROR


class Generator:
    """served: name -> (first, last) version that both brokers serve; only: an API to draw far more often."""

    def __init__(self, seed, served, side, only=None):
        self.random = random.Random(seed)
        self.world = World(self.random, side)
        self.served = served
        self.names = [name for name in WEIGHTS if name in served]
        self.weights = [WEIGHTS[name][1] * (12 if only and name == only else 1) for name in self.names]
        self.number = 0
        self.first = [self.first_topics]

    def next(self):
        if self.first:
            return self.first.pop()()
        if self.world.members and self.random.random() < 0.02:
            return self.join_together()
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
        self.world.step = self.number + 1
        value = WEIGHTS[name][0](self.world, version)
        options = {}
        if self.random.random() < MUTATED:
            mutate(self.world, schema.APIS[name], value, version, KEPT.get(name, ()))
        elif self.random.random() < DAMAGED:
            options['damage'] = self.random.choice([('cut', self.random.randint(1, 40)), ('extend', self.random.randint(1, 20)),
                                                    ('patch', (self.random.randint(0, 300), self.random.choice([b'\xff\xff', b'\x7f\xff\xff\xff', b'\xff', b'\x80'])))])
        if self.random.random() < ODD_CLIENT:
            options['client_id'] = self.random.choice([None, '', 'x' * 300])
        return self.step(name, version, value, **options)

    def join_together(self):
        """Members of one group that join at once: those that are there, and a new one; or that sync at once."""
        group = self.random.choice(self.world.members).group
        members = [member for member in self.world.members if member.group == group]
        version = self.random.randint(max(1, self.served['JoinGroup'][0]), min(3, self.served['JoinGroup'][1]))
        steps = []
        if self.random.random() < 0.5:
            for member in members + [None]:
                value = generate_groups.JoinGroup(self.world, version)
                value.update(group_id=group, member_id=member.id() if member else '', group_instance_id=None, rebalance_timeout_ms=400,
                             protocol_type='consumer', protocols=[{'name': 'range', 'metadata': generate_groups.SUBSCRIPTION}])
                steps.append(self.step('JoinGroup', version, value))
        else:
            for member in members:
                value = generate_groups.SyncGroup(self.world, 3)
                value.update(group_id=group, member_id=member.id(), generation_id=member.generation_now(), group_instance_id=member.instance,
                             assignments=[{'member_id': other.id(), 'assignment': b'of %d' % other.step} for other in members] if member.leader else [])
                steps.append(self.step('SyncGroup', 3, value))
        return Together(steps)

    def observe(self, step, answer, topics, scope):
        """topics: what is there now, with its scope."""
        self.world.partition_counts = {Scoped(name[len(scope):]): count for name, count in topics.items() if name.startswith(scope)}
        self.world.observe(step, answer)


