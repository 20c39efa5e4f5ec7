"""The requests of groups and offsets, at one version each, over a plain socket: what a client library would not send."""
import socket
import struct


def int16(value):
    return struct.pack('>h', value)


def int32(value):
    return struct.pack('>i', value)


def int64(value):
    return struct.pack('>q', value)


def string(text):
    return int16(-1) if text is None else int16(len(text)) + text.encode()


def data(value):
    return int32(len(value)) + value


def array(items):
    return int32(-1) if items is None else int32(len(items)) + b''.join(items)


class Answer:
    """Takes fields off the front of a response."""

    def __init__(self, body):
        self.body, self.at = body, 0

    def take(self, form):
        value = struct.unpack_from(form, self.body, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def int16(self):
        return self.take('>h')

    def int32(self):
        return self.take('>i')

    def int64(self):
        return self.take('>q')

    def string(self):
        return self.slice(self.int16(), lambda piece: piece.decode())

    def data(self):
        return self.slice(self.int32(), lambda piece: piece)

    def slice(self, size, read):
        if size < 0:
            return None
        self.at += size
        return read(self.body[self.at - size:self.at])

    def array(self, item):
        return [item() for _ in range(self.int32())]


SUBSCRIPTION = b'\0\0' + array([string('t')]) + int32(-1)


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), 30)
        self.sent = 0

    def send(self, key, version, body):
        self.sent += 1
        message = int16(key) + int16(version) + int32(self.sent) + string('client') + body
        self.socket.sendall(int32(len(message)) + message)

    def receive(self):
        answer = Answer(self.bytes(struct.unpack('>i', self.bytes(4))[0]))
        answer.int32()
        return answer

    def bytes(self, count):
        received = b''
        while len(received) < count:
            piece = self.socket.recv(count - len(received))
            if not piece:
                raise EOFError('the broker has closed the connection')
            received += piece
        return received

    def call(self, key, version, body, skip_throttle=True):
        self.send(key, version, body)
        answer = self.receive()
        if skip_throttle:
            answer.int32()
        return answer

    def create_topic(self, name, **configs):
        pairs = [string(config.replace('_', '.')) + string(value) for config, value in configs.items()]
        self.call(19, 4, array([string(name) + int32(1) + int16(1) + array([]) + array(pairs)]) + int32(10000) + b'\0')

    def find_coordinator(self, key, kind=0):
        answer = self.call(10, 2, string(key) + bytes([kind]))
        return answer.int16()

    # JoinGroup in two halves: the answer may be a rebalance away.
    def send_join(self, group, member='', instance=None, session=10000, kind='consumer', protocols=('range',)):
        self.send(11, 5, string(group) + int32(session) + int32(10000) + string(member) + string(instance) + string(kind) +
                  array([string(name) + data(SUBSCRIPTION) for name in protocols]))

    def joined(self):
        answer = self.receive()
        answer.int32()
        result = {'error': answer.int16(), 'generation': answer.int32(), 'protocol': answer.string(), 'leader': answer.string(),
                  'member': answer.string()}
        result['members'] = answer.array(lambda: (answer.string(), answer.string(), answer.data()))
        return result

    def join(self, *arguments, **options):
        self.send_join(*arguments, **options)
        return self.joined()

    def send_sync(self, group, generation, member, instance=None, assignments=()):
        self.send(14, 3, string(group) + int32(generation) + string(member) + string(instance) +
                  array([string(to) + data(what) for to, what in assignments]))

    def synced(self):
        answer = self.receive()
        answer.int32()
        return answer.int16(), answer.data()

    def sync(self, *arguments, **options):
        self.send_sync(*arguments, **options)
        return self.synced()

    def heartbeat(self, group, generation, member, instance=None):
        return self.call(12, 3, string(group) + int32(generation) + string(member) + string(instance)).int16()

    def leave(self, group, *members):
        answer = self.call(13, 3, string(group) + array([string(member) + string(instance) for member, instance in members]))
        return answer.int16(), answer.array(lambda: (answer.string(), answer.string(), answer.int16()))

    def commit(self, group, generation, member, instance=None, topic='t', partition=0, offset=1, metadata='m'):
        answer = self.call(8, 7, string(group) + int32(generation) + string(member) + string(instance) + array([
            string(topic) + array([int32(partition) + int64(offset) + int32(-1) + string(metadata)])]))
        return answer.array(lambda: (answer.string(), answer.array(lambda: (answer.int32(), answer.int16()))))

    def fetch(self, group, topics):
        asked = None if topics is None else [
            string(topic) + array([int32(index) for index in indexes]) for topic, indexes in topics]
        answer = self.call(9, 5, string(group) + array(asked))
        partition = lambda: (answer.int32(), answer.int64(), answer.int32(), answer.string(), answer.int16())
        return answer.array(lambda: (answer.string(), answer.array(partition))), answer.int16()

    def delete_offsets(self, group, topics):
        answer = self.call(47, 0, string(group) + array([
            string(topic) + array([int32(index) for index in indexes]) for topic, indexes in topics]), skip_throttle=False)
        error = answer.int16()
        answer.int32()
        return error, answer.array(lambda: (answer.string(), answer.array(lambda: (answer.int32(), answer.int16()))))

    def describe(self, group):
        answer = self.call(15, 4, array([string(group)]) + b'\0')
        member = lambda: (answer.string(), answer.string(), answer.string(), answer.string(), len(answer.data()), len(answer.data()))
        return answer.array(lambda: (answer.int16(), answer.string(), answer.string(), answer.string(), answer.string(),
                                     answer.array(member), answer.int32()))[0]

    def list_groups(self):
        answer = self.call(16, 2, b'')
        return answer.int16(), answer.array(lambda: (answer.string(), answer.string()))

    def delete_groups(self, *groups):
        answer = self.call(42, 1, array([string(group) for group in groups]))
        return answer.array(lambda: (answer.string(), answer.int16()))
