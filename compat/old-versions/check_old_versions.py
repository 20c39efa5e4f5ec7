"""Walks through the versions between Apache Kafka 3.9's floors and 4.3's, and compares every answer with Apache Kafka 3.9.2's.

What Apache answered is in apache-3.9.2.txt; with BROKER=apache and the argument --rewrite it is written anew.  Closing line:
`N passed, N failed`, an answer each.
"""
import os
import struct
import time

import brokers
import transcript
from message_set import LOG_APPEND_TIME, TIME, message, messages, read, wrapper
from wire import SUBSCRIPTION, Client, array, data, int16, int32, int64, string

HERE = os.path.dirname(os.path.abspath(__file__))
HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'old-versions')
# The APIs that had these versions when there were clients of them.
KEYS = [0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 35, 37, 42, 43, 44, 47, 60]
LONG_AGO = 5  # a log append time is now, and is shown as this


class Old(Client):
    """The requests, at the versions that a walk asks for."""

    def api_floors(self):
        answer = self.call(18, 0, b'', skip_throttle=False)
        error = answer.int16()
        versions = answer.array(lambda: (answer.int16(), answer.int16(), answer.int16()))
        return error, [(key, low) for key, low, _ in versions if key in KEYS]

    def create(self, version, name, partitions=1, replicas=1, configs=(), validate_only=False, timeout=10000):
        pairs = [string(key) + string(value) for key, value in configs]
        body = array([string(name) + int32(partitions) + int16(replicas) + array([]) + array(pairs)]) + int32(timeout)
        answer = self.call(19, version, body + (bytes([validate_only]) if version else b''), skip_throttle=False)
        return answer.array(lambda: (answer.string(), answer.int16()) + ((answer.string(),) if version else ()))

    def delete(self, *names):
        answer = self.call(20, 0, array([string(name) for name in names]) + int32(10000), skip_throttle=False)
        return sorted(answer.array(lambda: (answer.string(), answer.int16())))  # Apache shuffles them

    def produce(self, version, topic, records, acks=-1, partition=0):
        answer = self.call(0, version, int16(acks) + int32(5000) + array([string(topic) + array([
            int32(partition) + data(records)])]), skip_throttle=False)

        def partition_answer():
            row = answer.int32(), answer.int16(), answer.int64()
            return row if version < 2 else (*row, min(answer.int64(), LONG_AGO))
        return answer.array(lambda: (answer.string(), answer.array(partition_answer)))[0][1]

    def fetch(self, version, topic, offset, partition_bytes=1 << 20, partition=0, max_wait=0):
        limit = int32(1 << 20) if version >= 3 else b''
        answer = self.call(1, version, int32(-1) + int32(max_wait) + int32(1) + limit + array([string(topic) + array([
            int32(partition) + int64(offset) + int32(partition_bytes)])]), skip_throttle=version >= 1)
        partitions = lambda: (answer.int32(), answer.int16(), answer.int64(), self.shown(read(answer.data())))
        return answer.array(lambda: (answer.string(), answer.array(partitions)))[0][1]

    def shown(self, found):
        """Times that the broker set are now; the codec's bytes are its own affair and have been read already."""
        return found and [tuple(LONG_AGO if isinstance(item, int) and item > TIME + 1000000 else
                      self.shown(item) if isinstance(item, list) else item for item in row) for row in found]

    def list_offsets(self, topic, timestamp, limit=10, partition=0):
        answer = self.call(2, 0, int32(-1) + array([string(topic) + array([int32(partition) + int64(timestamp) + int32(limit)])]),
                           skip_throttle=False)
        partitions = lambda: (answer.int32(), answer.int16(), answer.array(answer.int64))
        return answer.array(lambda: (answer.string(), answer.array(partitions)))[0][1]

    def old_commit(self, version, group, *topics):
        partition = int32(0) + int64(7) + (int64(-1) if version == 1 else b'') + string('m')
        member = int32(-1) + string('') if version else b''
        answer = self.call(8, version, string(group) + member + array([string(topic) + array([partition]) for topic in topics]),
                           skip_throttle=False)
        return sorted(answer.array(lambda: (answer.string(), answer.array(lambda: (answer.int32(), answer.int16())))))

    def old_fetch_offsets(self, version, group, *topics):
        answer = self.call(9, version, string(group) + array([string(topic) + array([int32(0)]) for topic in topics]),
                           skip_throttle=False)
        partition = lambda: (answer.int32(), answer.int64(), answer.string(), answer.int16())
        return sorted(answer.array(lambda: (answer.string(), answer.array(partition))))

    def metadata(self, *topics):
        answer = self.call(3, 0, array([string(topic) for topic in topics]), skip_throttle=False)
        nodes = answer.array(lambda: (answer.int32(), answer.string(), answer.int32())[0])
        partition = lambda: (answer.int16(), answer.int32(), answer.int32(), answer.array(answer.int32), answer.array(answer.int32))
        return nodes, sorted(answer.array(lambda: (answer.int16(), answer.string(), answer.array(partition))), key=str)

    def epoch_end(self, version, topic, epoch, partition=0):
        answer = self.call(23, version, array([string(topic) + array([int32(partition) + int32(epoch)])]), skip_throttle=False)
        end = lambda: (answer.int16(), answer.int32(), *((answer.int32(),) if version else ()), answer.int64())
        return answer.array(lambda: (answer.string(), answer.array(end)))

    def describe_configs(self, kind, name, *keys):
        answer = self.call(32, 0, array([bytes([kind]) + string(name) + array([string(key) for key in keys])]))
        entry = lambda: (answer.string(), answer.string(), *answer.take('>3s'))
        return answer.array(lambda: (answer.int16(), answer.string() is None, answer.take('>b'), answer.string(),
                                     sorted(answer.array(entry))))

    def log_dirs(self, *topics):
        answer = self.call(35, 0, array([string(topic) + array([int32(0)]) for topic in topics]))
        partition = lambda: (answer.int32(), answer.int64() > 0, answer.int64(), answer.take('>b'))
        return answer.array(lambda: (answer.int16(), answer.string() != '', sorted(answer.array(
            lambda: (answer.string(), answer.array(partition))))))

    def old_join(self, group, member='', session=10000, kind='consumer'):
        answer = self.call(11, 0, string(group) + int32(session) + string(member) + string(kind) +
                           array([string('range') + data(SUBSCRIPTION)]), skip_throttle=False)
        result = answer.int16(), answer.int32(), answer.string(), answer.string(), answer.string()
        return result, answer.array(lambda: (answer.string(), answer.data()))

    def old_sync(self, group, generation, member):
        answer = self.call(14, 0, string(group) + int32(generation) + string(member) + array([string(member) + data(b'mine')]),
                           skip_throttle=False)
        return answer.int16(), answer.data()

    def old_heartbeat(self, group, generation, member):
        return self.call(12, 0, string(group) + int32(generation) + string(member), skip_throttle=False).int16()

    def old_leave(self, group, member):
        return self.call(13, 0, string(group) + string(member), skip_throttle=False).int16()


def topics(note, one):
    note('floors', one.api_floors())
    note('create', one.create(0, 't'))
    note('create again', one.create(0, 't'))
    note('create of no name', one.create(0, ''))
    note('create with too many replicas', one.create(0, 'x', replicas=2))
    note('create with a wrong config', one.create(0, 'x', configs=[('nonsense', '1')]))
    note('validate', one.create(1, 'x', validate_only=True))
    note('create v1', one.create(1, 't'))
    for name, configs in (('compacted', [('cleanup.policy', 'compact')]), ('appended', [('message.timestamp.type', 'LogAppendTime')]),
                          ('zipped', [('compression.type', 'gzip')]), ('zstd', [('compression.type', 'zstd')]),
                          ('tight', [('max.message.bytes', '100')]), ('large', []), ('doomed', []),
                          ('stamped', [('message.timestamp.type', 'LogAppendTime')]), ('timely', [('message.timestamp.after.max.ms', '3600000')])):
        note('create ' + name, one.create(1, name, configs=configs))
    time.sleep(1)  # Apache answers before its own metadata knows the topic
    note('metadata', one.metadata('t', 'doomed'))
    note('metadata of a bad name', one.metadata('no/name'))
    note('metadata of all', [name for _, name, _ in one.metadata()[1]])
    note('delete', one.delete('doomed', 'unknown'))


def produce(note, one):
    for version in range(3):
        for magic in range(2):
            name = 'produce v%d, messages v%d' % (version, magic)
            note(name, one.produce(version, 't', messages(magic)))
            note(name + ', wrapped', one.produce(version, 't', wrapper(magic, messages(magic))))
    note('acks of one', one.produce(2, 't', messages(1), acks=1))
    note('acks of two', one.produce(2, 't', messages(1), acks=2))
    note('an unknown topic', one.produce(2, 'none', messages(1)))
    note('an unknown partition', one.produce(2, 't', messages(1), partition=9))
    note('nothing', one.produce(2, 't', b''))
    note('a part of a message', one.produce(2, 't', messages(1)[:20]))
    note('a message and a part', one.produce(2, 't', messages(1, 1) + messages(1)[:20]))
    note('a wrong checksum', one.produce(2, 't', message(0, 1, crc=1)))
    note('a wrong checksum inside', one.produce(2, 't', wrapper(1, message(0, 1, crc=1), 0)))
    note('two formats', one.produce(2, 't', message(0, 0) + message(1, 1)))
    note('a wrapper and a message', one.produce(2, 't', wrapper(1, messages(1)) + message(3, 1)))
    note('a wrapper in a wrapper', one.produce(2, 't', wrapper(0, wrapper(0, messages(0)))))
    note('another format inside', one.produce(2, 't', wrapper(1, messages(0))))
    note('nothing inside', one.produce(2, 't', wrapper(1, b'')))
    note('a wrapper with offset 0', one.produce(2, 't', wrapper(1, messages(1), 0)))
    note('a wrapper with too small an offset', one.produce(2, 't', wrapper(1, messages(1), 1)))
    note('absolute offsets inside', one.produce(2, 't', wrapper(1, message(50, 1) + message(51, 1), 51)))
    note('offsets out of order', one.produce(2, 't', message(5, 0) + message(1, 0)))
    note('zstd', one.produce(2, 't', message(0, 1, attributes=4)))
    note('a magic that nobody has', one.produce(2, 't', message(0, 3)))
    note('a size that is too small', one.produce(2, 't', struct.pack('>qi', 0, 10) + b'x' * 10))
    note('no timestamp', one.produce(2, 't', message(0, 1, timestamp=-1)))
    note('the far future', one.produce(2, 'timely', message(0, 1, timestamp=1 << 50)))
    note('log append time of a producer', one.produce(2, 't', message(0, 1, attributes=LOG_APPEND_TIME)))
    note('log append time of topic and producer', one.produce(2, 'appended', message(0, 1, attributes=LOG_APPEND_TIME)))
    note('log append time of a topic', one.produce(2, 'appended', wrapper(1, messages(1))))
    note('log append time of a topic, v1', one.produce(1, 'stamped', messages(0)))
    note('no key for a compacted topic', one.produce(2, 'compacted', message(0, 1, key=None)))
    note('a key for a compacted topic', one.produce(2, 'compacted', message(0, 1)))
    note('a codec of the topic', one.produce(2, 'zipped', messages(1)))
    note('zstd of the topic', one.produce(2, 'zstd', messages(1)))
    note('too large', one.produce(2, 'tight', message(0, 1, value=b'x' * 100)))
    note('too large together', one.produce(2, 'tight', b''.join(message(n, 0, value=b'x' * 40) for n in range(3))))
    note('null key and value', one.produce(2, 't', message(0, 0, None, None)))
    note('an internal topic', one.produce(2, '__consumer_offsets', messages(1)))


def fetch(note, one):
    for version in range(4):
        name = 'fetch v%d' % version
        note(name, one.fetch(version, 't', 0))
        note(name + ' from the middle of a batch', one.fetch(version, 't', 1))
        note(name + ' from the middle of a wrapper', one.fetch(version, 't', 4))
        note(name + ' at the end', one.fetch(version, 'compacted', 1))
        note(name + ' beyond the end', one.fetch(version, 't', 10000))
        note(name + ' of an unknown topic', one.fetch(version, 'none', 0))
        note(name + ' of an unknown partition', one.fetch(version, 't', 0, partition=9))
        note(name + ' with log append time', one.fetch(version, 'appended', 0))
        note(name + ' with log append time, not compressed', one.fetch(version, 'stamped', 0))
        note(name + ' of a compressing topic', one.fetch(version, 'zipped', 0))
        note(name + ' of a topic with zstd', one.fetch(version, 'zstd', 0))
        note(name + ' with a small limit', one.fetch(version, 'large', 0, partition_bytes=50))
        note(name + ' with a limit in the middle', one.fetch(version, 'large', 0, partition_bytes=150))


def offsets(note, one):
    note('the end', one.list_offsets('large', -1))
    note('the end, one offset', one.list_offsets('large', -1, 1))
    note('the start', one.list_offsets('large', -2))
    note('no offset', one.list_offsets('large', -1, 0))
    note('less than none', one.list_offsets('large', -1, -1))
    note('long ago', one.list_offsets('large', 1))
    note('the far future', one.list_offsets('large', 1 << 60))
    note('a special time', one.list_offsets('large', -3))
    note('an unknown topic', one.list_offsets('none', -1))
    note('an unknown partition', one.list_offsets('large', -1, partition=9))
    note('commit v0', one.old_commit(0, 'g', 't', 'none'))
    note('commit v0 to an unknown topic', one.old_commit(0, 'g', 'none'))
    note('fetch v0', one.old_fetch_offsets(0, 'g', 't', 'none'))
    note('commit v1', one.old_commit(1, 'g', 't', 'none'))
    note('fetch v1', one.old_fetch_offsets(1, 'g', 't', 'none'))
    note('epoch, v0', one.epoch_end(0, 't', 0))
    note('epoch, v1', one.epoch_end(1, 't', 0))
    note('a later epoch', one.epoch_end(1, 't', 5))
    note('epoch of an unknown topic', one.epoch_end(1, 'none', 0))
    note('epoch of an unknown partition', one.epoch_end(0, 't', 0, 9))


def groups(note, one):
    member = one.old_join('g')
    result, members = member
    name = result[-1]
    plain = lambda value: [str(item).replace(name, 'MEMBER') for item in value]
    note('join', (plain(result), [(who.replace(name, 'MEMBER'), what) for who, what in members]))
    note('sync', one.old_sync('g', 1, name))
    note('heartbeat', one.old_heartbeat('g', 1, name))
    note('heartbeat of a stranger', one.old_heartbeat('g', 1, 'stranger'))
    note('leave', one.old_leave('g', name))
    note('leave again', one.old_leave('g', name))
    note('join with a short session', one.old_join('g', session=1))


def configs(note, one):
    note('of a topic', one.describe_configs(2, 'zipped', 'compression.type', 'max.message.bytes'))
    note('of an unknown topic', one.describe_configs(2, 'none'))
    note('of a broker', one.describe_configs(4, '1', 'num.partitions', 'message.max.bytes'))
    note('log dirs', one.log_dirs('t', 'none'))


def wait_for_coordinator(one):
    for _ in range(300):
        if one.find_coordinator('g') == 0 and one.describe('g')[0] == 0:
            return
        time.sleep(0.1)
    raise brokers.BrokerError('no coordinator')


def walk(port):
    lines = []
    note = lambda what, answer: lines.append('%s: %s' % (what, answer))
    one = Old(port)
    wait_for_coordinator(one)
    for part in (topics, produce, fetch, offsets, groups, configs):
        lines.append('# ' + part.__name__)
        if part is fetch:
            for index in range(3):
                one.produce(2, 'large', messages(1, 4, timestamp=TIME + index))
        part(note, one)
    return lines


transcript.check(os.path.join(HERE, 'apache-3.9.2.txt'), '3.9.2', HOME,
                 {'num.partitions': 1, 'offsets.topic.num.partitions': 3}, walk)
