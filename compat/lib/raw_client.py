"""A few requests over a plain socket, at one version each: quick enough for measurements, and with no limits of a client's own."""
import socket
import struct


def string(text):
    return struct.pack('>h', len(text)) + text.encode()


def frame(key, version, correlation_id, body):
    message = struct.pack('>hhi', key, version, correlation_id) + string('raw') + body
    return struct.pack('>i', len(message)) + message


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


CRC32C = []
for byte in range(256):
    crc = byte
    for _ in range(8):
        crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    CRC32C.append(crc)


def crc32c(data):
    crc, table = 0xFFFFFFFF, CRC32C
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def record_batch(value):
    record = b'\0' + varint(0) + varint(0) + varint(-1) + varint(len(value)) + value + varint(0)
    record = varint(len(record)) + record
    checked = struct.pack('>hiqqqhii', 0, 0, 1_700_000_000_000, 1_700_000_000_000, -1, -1, -1, 1) + record
    return struct.pack('>qiibI', 0, 9 + len(checked), -1, 2, crc32c(checked)) + checked


def produce_request(topic, records, partition=0, correlation_id=1):
    """v3, acks=all."""
    body = struct.pack('>hhii', -1, -1, 30000, 1) + string(topic) + struct.pack('>iii', 1, partition, len(records)) + records
    return frame(0, 3, correlation_id, body)


def fetch_request(topic, offset, max_bytes, correlation_id=1):
    """v4, partition 0, answered at once."""
    body = struct.pack('>iiiibi', -1, 0, 1, max_bytes, 0, 1) + string(topic) + struct.pack('>iiqi', 1, 0, offset, max_bytes)
    return frame(1, 4, correlation_id, body)


class RefusedError(ValueError):
    def __init__(self, request, code):
        super().__init__('%s answered %d' % (request, code))
        self.code = code


class RawClient:
    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), 30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def receive(self):
        """The next answer's body behind its correlation id."""
        size = struct.unpack('>i', self.exactly(4))[0]
        return self.exactly(size)[4:]

    def exactly(self, count):
        pieces = bytearray()
        while len(pieces) < count:
            piece = self.socket.recv(count - len(pieces))
            if not piece:
                raise EOFError('the broker has closed the connection')
            pieces += piece
        return bytes(pieces)

    def call(self, request):
        self.socket.sendall(request)
        return self.receive()

    def api_versions(self):
        """The first thing that a broker answers."""
        self.call(frame(18, 0, 1, b''))

    def create_topic(self, name, partitions=1):
        answer = self.call(frame(19, 2, 1, struct.pack('>i', 1) + string(name) + struct.pack('>ihiiib', partitions, 1, 0, 0, 10000, 0)))
        code = struct.unpack_from('>h', answer, 8 + 2 + len(name))[0]
        if code not in (0, 36):  # or it exists
            raise RefusedError('CreateTopics', code)

    def produce(self, topic, value, partition=0):
        """The offset of the record, when it is acknowledged by all."""
        answer = self.call(produce_request(topic, record_batch(value), partition))
        code, offset = struct.unpack_from('>hq', answer, 4 + 2 + len(topic) + 4 + 4)
        if code != 0:
            raise RefusedError('Produce', code)
        return offset

    def commit_offsets(self, group, topic, offsets):
        """partition -> offset, of a group without members."""
        partitions = b''.join(struct.pack('>iqi', partition, offset, -1) + string('') for partition, offset in offsets.items())
        body = string(group) + struct.pack('>i', -1) + string('') + struct.pack('>h', -1)
        body += struct.pack('>i', 1) + string(topic) + struct.pack('>i', len(offsets)) + partitions
        answer = self.call(frame(8, 7, 1, body))
        at = 4 + 4 + 2 + len(topic) + 4
        for number in range(len(offsets)):
            code = struct.unpack_from('>h', answer, at + 6 * number + 4)[0]
            if code != 0:
                raise RefusedError('OffsetCommit', code)

    def committed_offset(self, group, topic, partition):
        """None while the coordinator loads."""
        answer = self.call(frame(9, 5, 1, string(group) + struct.pack('>i', 1) + string(topic) + struct.pack('>ii', 1, partition)))
        code = struct.unpack_from('>h', answer, len(answer) - 2)[0]
        if code in (14, 15, 16):
            return None
        if code != 0:
            raise RefusedError('OffsetFetch', code)
        return struct.unpack_from('>q', answer, 4 + 4 + 2 + len(topic) + 4 + 4)[0]

    def find_coordinator(self, group):
        return struct.unpack_from('>h', self.call(frame(10, 2, 1, string(group) + b'\0')), 4)[0] == 0

    def fetch(self, topic, offset):
        """The value of the one record in the batch at `offset`."""
        answer = self.call(fetch_request(topic, offset, 1000))
        at = 4 + 4 + 2 + len(topic) + 4 + 4
        code, _, _, aborted, size = struct.unpack_from('>hqqii', answer, at)
        if code != 0:
            raise RefusedError('Fetch', code)
        if aborted > 0:
            raise ValueError('aborted transactions in a topic without')
        batch = answer[at + 26:at + 26 + size]
        if not batch:
            raise ValueError('nothing at offset %d' % offset)
        if struct.unpack_from('>q', batch)[0] != offset:
            raise ValueError('another batch than that of offset %d' % offset)
        body = batch[61:]  # length, attributes, timestamp and offset deltas, key length: a byte each while the value is short
        value_size = body[5] >> 1
        return body[6:6 + value_size]
