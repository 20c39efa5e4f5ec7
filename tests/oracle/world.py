"""What the generator knows of the state that its requests meet, and the small domains that its values come from.

Small, so that requests hit each other's state: a topic is deleted while a transaction is open in it, a group loses its topic.
"""
import schema
from steps import From, Scoped, TopicId

TOPICS = [Scoped('alpha'), Scoped('beta'), Scoped('gamma'), Scoped('compact'), Scoped('appended')]
ODD_TOPICS = [Scoped('a.b'), Scoped('a_b'), Scoped('long', 249), Scoped('longer', 250), Scoped('nobody'), Scoped('bad name'), '', '.', '..',
              Scoped('ünicode'), '__consumer_offsets', '__transaction_state', '__cluster_metadata', Scoped('x/y')]
GROUPS = [Scoped('readers'), Scoped('writers'), Scoped('idle')]
SLOW_GROUP = Scoped('slow')  # of members that join with version 0: their session is what a rebalance waits for
ODD_GROUPS = [Scoped('nogroup'), '', Scoped('gr oup'), Scoped('g' * 300)]
TRANSACTIONS = [Scoped('first'), Scoped('second'), Scoped('third')]
ODD_TRANSACTIONS = [Scoped('notxn'), '', None]
INSTANCES = [Scoped('static-1'), Scoped('static-2')]
STRINGS = ['', Scoped('mutant'), Scoped('x', 300), Scoped('ünï'), Scoped('y', 5000)]
SESSION_MS, REBALANCE_MS = 300000, 600
PARTITIONS = [0, 0, 0, 0, 1, 1, 2]
ODD_PARTITIONS = [3, 7, -1, -2, 2147483647, -2147483648]
LIMITS = {'int8': (-128, -1, 0, 1, 2, 3, 127), 'int16': (-32768, -2, -1, 0, 1, 2, 3, 32767), 'uint16': (0, 1, 65535),
          'int32': (-2147483648, -2, -1, 0, 1, 2, 5, 1000, 2147483647), 'uint32': (0, 1, 4294967295),
          'int64': (-9223372036854775808, -1000, -6, -5, -4, -3, -2, -1, 0, 1, 2, 100, 1_700_000_000_000, 9223372036854775807),
          'bool': (False, True), 'uuid': ('0' * 32, '0' * 31 + '1', 'f' * 32, TopicId.UNKNOWN)}
# Fields that make a broker wait or work for as long as they say: mutated within reason only.
BOUNDED = {'max_wait_ms': (-1, 0, 1, 30), 'timeout_ms': (5000, 20000, 20000, 0, -1), 'session_timeout_ms': (-1, 0, 5999, 1800001, 300000),
           'rebalance_timeout_ms': (-1, 0, 1, 100), 'transaction_timeout_ms': (-1, 0, 900001, 2147483647, 600000),
           'num_partitions': (-2, -1, 0, 1, 2, 3), 'count': (-1, 0, 1, 2, 4, 5), 'acks': (-1, 1), 'config_operation': (0, 1, 2, 3)}


class Producer:
    def __init__(self, step, transactional_id, epoch):
        self.step, self.transactional_id, self.epoch = step, transactional_id, epoch
        self.sequences, self.partitions = {}, set()

    def id(self):
        return From(self.step, ['producer_id'], 987654321)

    def epoch_now(self):
        return From(self.step, ['producer_epoch'], 0)


class Member:
    def __init__(self, step, group, instance, generation, protocol, leader):
        self.step, self.group, self.instance = step, group, instance
        self.generation, self.protocol, self.leader, self.synced = generation, protocol, leader, False

    def id(self):
        return From(self.step, ['member_id'], 'gone')

    def generation_now(self):
        return From(self.step, ['generation_id'], 1)


class World:
    def __init__(self, random, side):
        """side: Apache, whose answers are observed."""
        self.random, self.side = random, side
        self.step = 0
        self.partition_counts = {}  # by Scoped name, of topics that are there
        self.producers, self.members, self.sessions, self.pending_members = [], [], [], []

    def pick(self, *choices):
        return self.random.choice(choices)

    def chance(self, probability):
        return self.random.random() < probability

    def topic(self, internal=True):
        """internal: those of the brokers, whose records are each broker's own, may be among them."""
        if self.chance(0.07):
            return self.random.choice(ODD_TOPICS if internal else [name for name in ODD_TOPICS if not str(name).startswith('__')])
        if self.partition_counts and self.chance(0.9):
            return self.random.choice(sorted(self.partition_counts, key=repr))
        return self.random.choice(TOPICS)

    def partition(self):
        return self.random.choice(ODD_PARTITIONS if self.chance(0.06) else PARTITIONS)

    def group(self):
        return self.random.choice(ODD_GROUPS if self.chance(0.06) else GROUPS)

    def transaction(self, odd=0.06):
        return self.random.choice(ODD_TRANSACTIONS if self.chance(odd) else TRANSACTIONS)

    def some(self, most, make):
        """A list, mostly of one."""
        count = self.random.choice([1] * 8 + [0, 2, 2, most])
        made = []
        for _ in range(count):
            item = make()
            key = repr(next(iter(item.values()), None)) if isinstance(item, dict) else repr(item)
            if self.chance(0.03) or key not in [other for other, _ in made]:
                made.append((key, item))
        return [item for _, item in made]

    def producer(self, transactional=None):
        fitting = [producer for producer in self.producers if transactional is None or bool(producer.transactional_id) == transactional]
        if not fitting:
            return None
        return fitting[-1] if self.chance(0.6) else self.random.choice(fitting)

    def member(self):
        if not self.members:
            return None
        return self.members[-1] if self.chance(0.5) else self.random.choice(self.members)

    def members_of(self, group):
        return [member for member in self.members if member.group == group]

    # ---- what Apache's answers tell

    def observe(self, step, answer):
        if not isinstance(answer, dict):
            return
        observer = getattr(self, 'observe_' + step.api.name, None)
        if observer:
            observer(step, answer)

    def observe_InitProducerId(self, step, answer):
        if answer['error_code'] == 0:
            name = step.value.get('transactional_id')
            self.producers.append(Producer(step.number, name, answer['producer_epoch']))
            self.producers = self.producers[-8:]

    def observe_EndTxn(self, step, answer):
        for producer in self.producers:
            if producer.transactional_id == step.value.get('transactional_id'):
                producer.partitions = set()
                if answer['error_code'] == 0 and answer.get('producer_epoch', -1) >= 0:
                    producer.step, producer.sequences = step.number, {}

    def observe_Produce(self, step, answer):
        accepted = {(told.get('name', told.get('topic_id')), result['index']) for told in answer['responses']
                    for result in told['partition_responses'] if result['error_code'] == 0}
        for asked in step.value['topic_data']:
            for partition in asked['partition_data']:
                place = (self.shown(asked, step.version), partition['index'])
                if place in accepted and getattr(partition['records'], 'producer', None):
                    producer, count = partition['records'].producer
                    key = (repr(asked.get('name')), partition['index'])
                    producer.sequences[key] = producer.sequences.get(key, 0) + count

    def shown(self, topic, version):
        """How Apache's answer calls a topic of a request."""
        if version < 13:
            return topic['name'].resolve(self.side) if isinstance(topic['name'], Scoped) else topic['name']
        return topic['topic_id'].resolve(self.side) if isinstance(topic['topic_id'], TopicId) else topic['topic_id']

    def observe_JoinGroup(self, step, answer):
        if answer['error_code'] == 0:
            protocols = step.value['protocols']
            self.members = [member for member in self.members if not (
                member.group == step.value['group_id'] and isinstance(step.value['member_id'], From) and
                member.step == step.value['member_id'].step)]
            self.members.append(Member(step.number, step.value['group_id'], step.value.get('group_instance_id'), answer['generation_id'],
                                       protocols[0]['name'] if protocols else '', answer['leader'] == answer['member_id']))
            self.members = self.members[-6:]
        elif answer['error_code'] == 79:
            self.pending_members.append((step.number, step.value['group_id']))

    def observe_Fetch(self, step, answer):
        if answer.get('session_id', 0) > 0 and answer['error_code'] == 0:
            known = [session for session in self.sessions if session[1] == answer['session_id']]
            if known:
                known[0][2] += 1
            else:
                self.sessions.append([step.number, answer['session_id'], 1])


def field_sites(fields, value, version):
    """(holder, key, field) of every field of a request that this version sends."""
    for field in fields:
        if not field.present(version):
            continue
        yield value, field.name, field
        inner = value.get(field.name, field.default)
        if field.kind == 'struct' and isinstance(inner, list):
            for item in inner:
                yield from field_sites(field.struct, item, version)
        elif field.kind == 'struct' and isinstance(inner, dict):
            yield from field_sites(field.struct, inner, version)


def mutate(world, api, value, version, kept=()):
    """One field at a limit or beyond."""
    sites = [site for site in field_sites(api.request.fields, value, version) if site[1] not in kept]
    if not sites:
        return
    holder, key, field = world.random.choice(sites)
    current = holder.get(key, field.default)
    if field.name in BOUNDED:
        holder[key] = world.random.choice(BOUNDED[field.name])
    elif field.is_array:
        choice = world.random.random()
        if choice < 0.35:
            holder[key] = []
        elif choice < 0.5:
            holder[key] = None
        elif current and choice < 0.9:
            holder[key] = list(current) + [world.random.choice(current)]
    elif field.kind in LIMITS:
        holder[key] = world.random.choice(LIMITS[field.kind])
    elif field.kind in ('string', 'legacy_string'):
        holder[key] = world.random.choice(STRINGS + [None])
    elif field.kind in ('bytes', 'records'):
        holder[key] = world.random.choice([b'', b'\0', b'\xff' * 20, bytes(61)])  # null records: Apache never answers
