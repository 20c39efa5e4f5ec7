"""The requests of transactions over a plain socket: what a client library would not send."""
import struct

from wire import Client, array, int16, int32, int64, string

TAGS = b'\0'


def unsigned(value):
    out = b''
    while value >= 0x80:
        out, value = out + bytes([value & 0x7f | 0x80]), value >> 7
    return out + bytes([value])


def compact(text):
    return unsigned(0) if text is None else unsigned(len(text.encode()) + 1) + text.encode()


def compact_array(items):
    return unsigned(len(items) + 1) + b''.join(items)


class Flexible:
    """Takes fields off the front of a flexible response."""

    def __init__(self, answer):
        self.answer = answer
        self.int16, self.int32, self.int64 = answer.int16, answer.int32, answer.int64
        self.tags()

    def unsigned(self):
        value = shift = 0
        while True:
            byte = self.answer.take('>B')
            value, shift = value | (byte & 0x7f) << shift, shift + 7
            if byte < 0x80:
                return value

    def string(self):
        return self.answer.slice(self.unsigned() - 1, lambda piece: piece.decode())

    def tags(self):
        for _ in range(self.unsigned()):
            self.unsigned()
            self.answer.slice(self.unsigned(), bytes)

    def array(self, *fields):
        items = []
        for _ in range(self.unsigned() - 1):
            items.append(tuple(field() for field in fields))
            if fields[0] not in (self.int32, self.string) or len(fields) > 1:
                self.tags()
        return items


def topics(added, text=string, many=array, end=b''):
    return many([text(topic) + many([int32(partition) for partition in partitions]) + end for topic, partitions in added])


class Producer(Client):
    """Speaks as clients did before KIP-890 (classic) and as they do since."""

    def flexible(self, key, version, body):
        self.sent += 1
        message = int16(key) + int16(version) + int32(self.sent) + string('client') + TAGS + body + TAGS
        self.socket.sendall(int32(len(message)) + message)
        answer = Flexible(self.receive())
        answer.int32()  # throttled
        return answer

    def init(self, id, timeout=60000, pid=-1, epoch=-1, version=4):
        if version < 2:
            answer = self.call(22, version, string(id) + int32(timeout))
        else:
            expected = int64(pid) + int16(epoch) if version >= 3 else b''
            answer = self.flexible(22, version, compact(id) + int32(timeout) + expected)
        return answer.int16(), Pid(answer.int64()), answer.int16()

    def add_classic(self, id, pid, epoch, added, version=2):
        answer = self.call(24, version, string(id) + int64(pid) + int16(epoch) + topics(added))
        return answer.array(lambda: (answer.string(), answer.array(lambda: (answer.int32(), answer.int16()))))

    def add(self, *transactions, version=5):
        """Of (id, pid, epoch, partitions, verify only)."""
        body = compact_array([
            compact(id) + int64(pid) + int16(epoch) + bytes([verify]) + topics(added, compact, compact_array, TAGS) + TAGS
            for id, pid, epoch, added, verify in transactions])
        answer = self.flexible(24, version, body)
        partitions = lambda: answer.array(answer.int32, answer.int16)
        return answer.int16(), answer.array(answer.string, lambda: answer.array(answer.string, partitions))

    def add_offsets(self, id, pid, epoch, group, version=2):
        return self.call(25, version, string(id) + int64(pid) + int16(epoch) + string(group)).int16()

    def end_classic(self, id, pid, epoch, commit, version=2):
        return self.call(26, version, string(id) + int64(pid) + int16(epoch) + bytes([commit])).int16()

    def end(self, id, pid, epoch, commit):
        answer = self.flexible(26, 5, compact(id) + int64(pid) + int16(epoch) + bytes([commit]))
        return answer.int16(), Pid(answer.int64()), answer.int16()

    def describe_transaction(self, id):
        answer = self.flexible(65, 0, compact_array([compact(id)]))
        count = answer.unsigned() - 1
        assert count == 1
        error, id, state, timeout, start = answer.int16(), answer.string(), answer.string(), answer.int32(), answer.int64()
        pid, epoch = Pid(answer.int64()), answer.int16()
        partitions = answer.array(answer.string, lambda: answer.array(answer.int32))
        return error, id, state, timeout, 'started' if start > 0 else start, pid, epoch, partitions

    def list_transactions(self, states=(), pids=(), duration=-1, pattern=None):
        answer = self.flexible(66, 2, compact_array(map_list(compact, states)) + compact_array(map_list(int64, pids)) +
                               int64(duration) + compact(pattern))
        error, unknown = answer.int16(), answer.array(answer.string)
        listed = answer.array(answer.string, lambda: Pid(answer.int64()), answer.string)
        return error, unknown, [entry for entry in listed if entry[0].startswith('raw')]

    def describe_producers(self, topic):
        """Of its partition 0, (producer id, epoch, last sequence, coordinator's epoch, start of the open transaction)."""
        answer = self.flexible(61, 0, compact_array([compact(topic) + compact_array([int32(0)]) + TAGS]))
        producer = (lambda: Pid(answer.int64()), answer.int32, answer.int32, answer.int64, answer.int32, answer.int64)
        partition = (answer.int32, answer.int16, answer.string, lambda: answer.array(*producer))
        (_, ((_, error, _, producers),)), = answer.array(answer.string, lambda: answer.array(*partition))
        assert error == 0
        return [(pid, epoch, sequence, coordinator, start) for pid, epoch, sequence, _, coordinator, start in sorted(producers)]

    def set_broker_config(self, name, value):
        """Of all brokers; None takes it back."""
        config = string(name) + (b'\1' if value is None else b'\0') + string(value)
        answer = self.call(44, 0, array([b'\4' + string('') + array([config])]) + b'\0')
        assert answer.array(answer.int16) == [0]

    def broker_config(self, name):
        """What is in force."""
        answer = self.call(32, 1, array([b'\4' + string('1') + array([string(name)])]) + b'\0')
        answer.take('>i')
        head = answer.int16(), answer.string(), answer.take('>b'), answer.string()
        assert head[0] == 0 and answer.take('>i') == 1 and answer.string() == name
        return answer.string()


def map_list(function, values):
    return [function(value) for value in values]


class Pid(int):
    """A producer id: which one it is, is the broker's affair."""
