"""Requests and answers as bytes, for any API and version, by its schema.

A value is a dict by field name; a field that is left out has its default.  Nothing is checked: a request may hold what no
client would send (null where it is not allowed, numbers beyond any limit).
"""
import struct

FORMS = {'bool': '>?', 'int8': '>b', 'int16': '>h', 'uint16': '>H', 'int32': '>i', 'uint32': '>I', 'int64': '>q', 'float64': '>d'}
FIXED = {kind: struct.Struct(form) for kind, form in FORMS.items()}


class Malformed(Exception):
    pass


# ---- writing

def unsigned_varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def length(size, flexible, short):
    """`size` None is null."""
    if flexible:
        return unsigned_varint(0 if size is None else size + 1)
    return struct.pack('>h' if short else '>i', -1 if size is None else size)


def encode_item(out, field, value, version, flexible):
    kind = field.kind
    if kind == 'struct':
        encode_fields(out, field.struct, value, version, flexible)
    elif kind == 'uuid':
        out += bytes.fromhex(value)
    elif kind in FIXED:
        out += FIXED[kind].pack(value)
    else:
        data = value.encode('utf-8', 'surrogateescape') if isinstance(value, str) else value
        short = kind in ('string', 'legacy_string')
        out += length(None if data is None else len(data), flexible and kind != 'legacy_string', short)
        out += data or b''


def encode_value(out, field, value, version, flexible):
    if field.is_array:
        out += length(None if value is None else len(value), flexible, False)
        for item in value or ():
            encode_item(out, field, item, version, flexible)
    else:
        if field.kind == 'struct' and field.nullable is not None:
            out += b'\xff' if value is None else b'\x01'
            if value is None:
                return
        encode_item(out, field, value, version, flexible)


def encode_fields(out, fields, value, version, flexible):
    tagged = []
    for field in fields:
        if not field.present(version):
            continue
        item = value.get(field.name, field.default)
        if field.tag is None:
            encode_value(out, field, item, version, flexible)
        elif item != field.default:
            tagged.append((field.tag, field, item))
    if not flexible:
        return
    out += unsigned_varint(len(tagged))
    for tag, field, item in sorted(tagged, key=lambda entry: entry[0]):
        inner = bytearray()
        encode_value(inner, field, item, version, True)
        out += unsigned_varint(tag) + unsigned_varint(len(inner)) + inner


def encode(message, value, version):
    out = bytearray()
    encode_fields(out, message.fields, value, version, message.flexible(version))
    return bytes(out)


def request_frame(api, version, correlation_id, client_id, value):
    """Without the four bytes of its size."""
    head = struct.pack('>hhi', api.key, version, correlation_id)
    client = None if client_id is None else client_id.encode()
    head += length(None if client is None else len(client), False, True) + (client or b'')
    if api.request_header_is_flexible(version):
        head += b'\0'
    return head + encode(api.request, value, version)


# ---- reading

class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if count < 0 or self.at + count > len(self.data):
            raise Malformed('%d bytes wanted at %d of %d' % (count, self.at, len(self.data)))
        self.at += count
        return self.data[self.at - count:self.at]

    def fixed(self, kind):
        form = FIXED[kind]
        return form.unpack(self.take(form.size))[0]

    def unsigned_varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def varint(self):
        value = self.unsigned_varint()
        return (value >> 1) ^ -(value & 1)

    def length(self, flexible, short):
        size = self.unsigned_varint() - 1 if flexible else self.fixed('int16' if short else 'int32')
        return None if size < 0 else size


def decode_item(reader, field, version, flexible):
    kind = field.kind
    if kind == 'struct':
        return decode_fields(reader, field.struct, version, flexible)
    if kind == 'uuid':
        return reader.take(16).hex()
    if kind in FIXED:
        return reader.fixed(kind)
    short = kind in ('string', 'legacy_string')
    size = reader.length(flexible and kind != 'legacy_string', short)
    if size is None:
        return None
    data = bytes(reader.take(size))
    return data.decode('utf-8', 'surrogateescape') if short else data


def decode_value(reader, field, version, flexible):
    if field.is_array:
        count = reader.length(flexible, False)
        return None if count is None else [decode_item(reader, field, version, flexible) for _ in range(count)]
    if field.kind == 'struct' and field.nullable is not None and reader.fixed('int8') < 0:
        return None
    return decode_item(reader, field, version, flexible)


def decode_fields(reader, fields, version, flexible):
    value = {}
    tagged = {}
    for field in fields:
        if not field.present(version):
            continue
        if field.tag is None:
            value[field.name] = decode_value(reader, field, version, flexible)
        else:
            tagged[field.tag] = field
            value[field.name] = field.default
    if flexible:
        for _ in range(reader.unsigned_varint()):
            tag, size = reader.unsigned_varint(), reader.unsigned_varint()
            inner = Reader(reader.take(size))
            if tag in tagged:
                value[tagged[tag].name] = decode_value(inner, tagged[tag], version, True)
            else:
                value['unknown tag %d' % tag] = inner.data.hex()
    return value


def decode(message, data, version):
    reader = Reader(data)
    value = decode_fields(reader, message.fields, version, message.flexible(version))
    if reader.at != len(data):
        raise Malformed('%d bytes left over' % (len(data) - reader.at))
    return value


def decode_answer(api, version, data):
    """(correlation id, value) of an answer without its size."""
    reader = Reader(data)
    correlation_id = reader.fixed('int32')
    if api.response_header_is_flexible(version) and reader.unsigned_varint() != 0:
        raise Malformed('tags in the header of an answer')
    return correlation_id, decode(api.response, data[reader.at:], version)
