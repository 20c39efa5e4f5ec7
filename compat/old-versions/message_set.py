"""Message sets v0 and v1, as clients before Kafka 0.11 send and read them (wire/records/message_set.h has the layout)."""
import gzip
import struct
import zlib

TIME = 1700000000000
LOG_APPEND_TIME = 8
GZIP = 1


def field(value):
    return struct.pack('>i', -1) if value is None else struct.pack('>i', len(value)) + value


def message(offset, magic, key=b'k', value=b'v', attributes=0, timestamp=TIME, crc=None):
    body = struct.pack('>bB', magic, attributes) + (struct.pack('>q', timestamp) if magic else b'') + field(key) + field(value)
    checksum = zlib.crc32(body) if crc is None else crc
    return struct.pack('>qiI', offset, len(body) + 4, checksum) + body


def messages(magic, count=3, **options):
    return b''.join(message(index, magic, b'k%d' % index, b'v%d' % index, **options) for index in range(count))


def wrapper(magic, inner, offset=2, attributes=GZIP, **options):
    return message(offset, magic, None, gzip.compress(inner, mtime=0), attributes, **options)


def read(data):
    """(offset, magic, attributes, timestamp, key, value) of each whole message, those of a wrapper in a list behind it.

    Apache fills an answer up to the size that it promised with a message of offset -1 that is cut off, or cuts off the last
    one: neither is a message.
    """
    if data is None:
        return None
    found = []
    at = 0
    while len(data) - at >= 12:
        offset, size = struct.unpack_from('>qi', data, at)
        if size > len(data) - at - 12:
            break
        entry = data[at + 12:at + 12 + size]
        at += 12 + size
        crc, magic, attributes = struct.unpack_from('>IbB', entry)
        assert crc == zlib.crc32(entry[4:]), 'a wrong checksum at offset %d' % offset
        rest = 6
        timestamp = None
        if magic == 1:
            timestamp = struct.unpack_from('>q', entry, rest)[0]
            rest += 8
        fields = []
        for _ in range(2):
            length = struct.unpack_from('>i', entry, rest)[0]
            rest += 4
            fields.append(None if length < 0 else entry[rest:rest + length])
            rest += max(length, 0)
        if attributes & 7 == GZIP:
            found.append((offset, magic, attributes, timestamp, fields[0], read(gzip.decompress(fields[1]))))
        else:
            found.append((offset, magic, attributes, timestamp, *fields))
    return found
