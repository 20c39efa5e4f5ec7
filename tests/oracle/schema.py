"""The protocol's messages as wire/schema describes them: what the codec and the generator walk over."""
import glob
import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NO_LIMIT = 32767
DEFAULTS = {'bool': False, 'string': '', 'legacy_string': '', 'bytes': b'', 'records': b'', 'uuid': '0' * 32, 'float64': 0.0}


def versions(text):
    """'3+', '2-5', '4' -> (first, last)"""
    first, separator, last = re.fullmatch(r'(\d+)(\+|-)?(\d+)?', text).groups()
    if separator is None:
        return int(first), int(first)
    return int(first), int(last) if last else NO_LIMIT


class Field:
    def __init__(self, row, structs):
        name, kind = row[:2]
        presence = row[2] if len(row) > 2 else ''
        fields = row[3] if len(row) > 3 else None
        self.name = name
        kind, _, default = kind.partition('=')
        kind, question, nullable = kind.partition('?')
        self.nullable = versions(nullable or '0+') if question else None
        self.is_array = kind.startswith('[')
        self.kind = kind.strip('[]')
        self.struct = None
        if self.kind.startswith('{'):
            key, self.kind = self.kind, 'struct'
            if fields is not None:
                structs[key] = []
                structs[key].extend(Field(field, structs) for field in fields)
            self.struct = structs[key]
        elif self.kind == 'error':
            self.kind = 'int16'
        where, _, tag = presence.partition('tag ')
        self.tag = int(tag) if tag else None
        self.versions = versions(where.strip() or '0+')
        self.default = self.default_value(default)

    def default_value(self, text):
        if self.is_array:
            return None if text == 'null' else []
        if text == 'null':
            return None
        if self.kind == 'struct':
            return None if self.nullable else {}
        if not text:
            return DEFAULTS.get(self.kind, 0)
        return text == 'true' if self.kind == 'bool' else text if self.kind == 'string' else int(text)

    def present(self, version):
        return self.versions[0] <= version <= self.versions[1]

    def null_allowed(self, version):
        return self.nullable is not None and self.nullable[0] <= version <= self.nullable[1]


class Message:
    def __init__(self, rows, flexible_since):
        structs = {}
        self.fields = [Field(row, structs) for row in rows]
        self.flexible_since = flexible_since

    def flexible(self, version):
        return version >= self.flexible_since


class Api:
    def __init__(self, path):
        with open(path) as file:
            schema = json.load(file)
        self.name, self.key = schema['api'], schema['key']
        self.versions = versions(schema['versions'])
        self.listeners = schema['listeners']
        since = versions(schema['flexible'])[0] if 'flexible' in schema else NO_LIMIT
        self.request, self.response = Message(schema['request'], since), Message(schema['response'], since)

    def request_header_is_flexible(self, version):
        return self.request.flexible(version)

    def response_header_is_flexible(self, version):
        return self.key != 18 and self.response.flexible(version)


def load():
    """Every API, by its name."""
    apis = map(Api, sorted(glob.glob(os.path.join(ROOT, 'wire', 'schema', '[0-9]*.json'))))
    return {api.name: api for api in apis}


APIS = load()
BY_KEY = {api.key: api for api in APIS.values()}


def error_names():
    with open(os.path.join(ROOT, 'wire', 'schema', 'errors.json')) as file:
        return {code: name for code, name, *_ in json.load(file)['errors']}


ERRORS = error_names()
