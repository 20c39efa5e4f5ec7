"""Record batches and message sets: built for requests, faults included, and taken apart when an answer brings them.

A batch to send is a dict: magic (0, 1 or 2), records, and what differs from an ordinary batch; `fault` names damage done last.
"""
import gzip
import struct
import zlib

from codec import Reader

CRC32C = []
for _byte in range(256):
    _crc = _byte
    for _ in range(8):
        _crc = _crc >> 1 ^ (0x82F63B78 if _crc & 1 else 0)
    CRC32C.append(_crc)

GZIP, TRANSACTIONAL, CONTROL, LOG_APPEND_TIME = 1, 0x10, 0x20, 0x08
# What a broker sees without opening a batch.  Odradek opens one only where a rule needs it (wire/records/batch_validation.h), so
# records that are broken under a right checksum are not drawn: Apache refuses them, and what follows would differ by its state.
SEEN_FAULTS = ('crc', 'short', 'length', 'magic', 'trailing', 'negative length')


def crc32c(data):
    crc, table = 0xFFFFFFFF, CRC32C
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def varint(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def sized(data):
    return varint(-1) if data is None else varint(len(data)) + data


def zipped(data):
    return gzip.compress(data, mtime=0)


def record(delta, key, value, timestamp_delta=0, headers=()):
    body = b'\0' + varint(timestamp_delta) + varint(delta) + sized(key) + sized(value) + varint(len(headers))
    for name, content in headers:
        body += sized(name) + sized(content)
    return sized(body)


def batch(template):
    rows = template['records']
    payload = b''.join(record(delta, *row) for delta, row in enumerate(rows))
    attributes = template.get('attributes', 0)
    if attributes & 7 == GZIP:
        payload = zipped(payload)
    fault = template.get('fault')
    count = len(rows)
    base_timestamp = template.get('timestamp', 1_700_000_000_000)
    max_timestamp = base_timestamp + max([row[2] if len(row) > 2 else 0 for row in rows], default=0)
    checked = struct.pack('>hiqqqhii', attributes, len(rows) - 1, base_timestamp, max_timestamp,
                          template.get('producer_id', -1), template.get('epoch', -1), template.get('sequence', -1), count) + payload
    crc = crc32c(checked) ^ (1 if fault == 'crc' else 0)
    size = 9 + len(checked) + {'length': 7, 'negative length': -10 ** 6}.get(fault, 0)
    magic = 7 if fault == 'magic' else 2
    data = struct.pack('>qiibI', template.get('base_offset', 0), size, template.get('leader_epoch', -1), magic, crc) + checked
    return data[:-3] if fault == 'short' else data + b'\0\1\2' if fault == 'trailing' else data


def message(template, offset, key, value, timestamp, attributes):
    """One entry of a message set, of magic 0 or 1."""
    body = struct.pack('>bb', template['magic'], attributes)
    if template['magic'] == 1:
        body += struct.pack('>q', timestamp)
    for part in (key, value):
        body += struct.pack('>i', -1 if part is None else len(part)) + (part or b'')
    crc = zlib.crc32(body) ^ (1 if template.get('fault') == 'crc' else 0)
    return struct.pack('>qiI', offset, len(body) + 4, crc) + body


def message_set(template):
    attributes, timestamp = template.get('attributes', 0), template.get('timestamp', 1_700_000_000_000)
    inner = b''.join(message(template, index, row[0], row[1], timestamp, attributes & ~7)
                     for index, row in enumerate(template['records']))
    if attributes & 7 == GZIP:
        inner = message(template, len(template['records']) - 1, None, zipped(inner), timestamp, attributes)
    return inner[:-3] if template.get('fault') == 'short' else inner


def build(templates):
    return b''.join(batch(template) if template['magic'] == 2 else message_set(template) for template in templates)


# ---- taking apart

def records_of(payload, count):
    reader, rows = Reader(payload), []
    for _ in range(count):
        size = reader.varint()
        inner = Reader(reader.take(size))
        inner.take(1)
        row = {'timestamp delta': inner.varint(), 'delta': inner.varint()}
        for name in ('key', 'value'):
            length = inner.varint()
            row[name] = None if length < 0 else bytes(inner.take(length))
        row['headers'] = bytes(inner.data[inner.at:])
        rows.append(row)
    return rows


def parse_batch(data):
    (base_offset, _, leader_epoch, magic, crc, attributes, last_delta, base_timestamp, max_timestamp, producer_id, epoch, sequence,
     count) = struct.unpack_from('>qiibIhiqqqhii', data)
    payload = data[61:]
    value = {'base_offset': base_offset, 'leader_epoch': leader_epoch, 'magic': magic, 'crc is right': crc == crc32c(data[21:]),
             'attributes': attributes, 'last_offset_delta': last_delta, 'batch_timestamp': base_timestamp,
             'batch_max_timestamp': max_timestamp, 'producer_id': producer_id, 'producer_epoch': epoch, 'base_sequence': sequence,
             'count': count}
    if attributes & 7 == GZIP:
        payload = gzip.decompress(payload)
    value['payload'] = records_of(payload, count) if attributes & 7 in (0, GZIP) else payload
    return value


def parse(data):
    """What a fetch answered: a list of batches, of messages, and the piece at the end that is not whole."""
    found, at = [], 0
    while at < len(data):
        if len(data) - at < 17:
            found.append({'part': len(data) - at})
            break
        size = struct.unpack_from('>i', data, at + 8)[0] + 12
        piece = data[at:at + size]
        if len(piece) < size:
            found.append({'part': len(piece)})
            break
        found.append(parse_batch(piece) if piece[16] == 2 else parse_message(piece))
        at += size
    return found


def parse_message(data):
    offset, _, crc, magic, attributes = struct.unpack_from('>qiIbb', data)
    value = {'offset': offset, 'magic': magic, 'attributes': attributes, 'crc is right': crc == zlib.crc32(data[16:])}
    at = 18
    if magic == 1:
        value['message_timestamp'] = struct.unpack_from('>q', data, at)[0]
        at += 8
    for name in ('key', 'value'):
        size = struct.unpack_from('>i', data, at)[0]
        value[name] = None if size < 0 else data[at + 4:at + 4 + size]
        at += 4 + max(size, 0)
    if attributes & 7 == GZIP:
        value['value'] = parse(gzip.decompress(value['value']))
    return value
