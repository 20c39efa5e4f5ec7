"""An answer with the broker's own choices replaced by names, and how two such answers differ."""
import re

import records

MEMBER_ID = re.compile(r'-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$')
TIMES = ('log_append_time_ms', 'transaction_start_time_ms', 'last_timestamp')


def readable(value):
    """Apache answers with replacement characters where a name is broken UTF-8, Odradek with the bytes that came."""
    return value.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')


class Canonical:
    """Answers of one side to one episode, made comparable."""

    def __init__(self, side):
        self.side = side

    def answer(self, step, value):
        self.damaged = bool(step.damage)
        return self.value(value, '') if isinstance(value, (dict, list)) else value

    def value(self, value, name):
        if isinstance(value, dict):
            return {key: self.value(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, name) for item in value]
        if isinstance(value, bytes):
            return self.records(value) if name == 'records' else value
        if isinstance(value, str):
            return self.text(value, name)
        if value != value:
            return 'NaN'  # which is not equal to itself
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(value, name)
        return value

    def text(self, value, name):
        side = self.side
        if name in ('topic_id', 'topic id'):
            known = side.id_names.get(value)
            if known is None and (self.damaged or side.has_spoilt_ids):
                return '<spoilt id>'  # each broker's own, spoilt in the same way
            return value if known is None else '<id of %s, %d>' % (self.unscoped(known[0]), known[1])
        if name in ('member_id', 'leader'):
            # One whose own answer did not come is named by what it told of itself.
            return side.symbols.get(('member', value)) or MEMBER_ID.sub('-<uuid>', self.unscoped(value))
        if value == side.cluster_id:
            return '<cluster id>'
        if name == 'value':  # of a config
            value = value.replace(side.broker.home, '<home>')
            for port in side.broker.ports:
                value = value.replace(':%d' % port, ':<port>')
        if name == 'log_dir' and value == side.broker.data:
            return '<log dir>'
        return self.unscoped(value)

    def unscoped(self, value):
        value = readable(value)
        scope = self.side.scope
        return value.replace(scope, '') if scope else value

    def number(self, value, name):
        side = self.side
        if name == 'producer_id':
            return side.symbols.get(('producer', value), value)
        if name == 'session_id':
            return side.symbols.get(('session', value), value)
        if name == 'port' and value in side.broker.ports:
            return '<port>'
        return value

    def records(self, data):
        try:
            return self.value(records.parse(data), 'batches')
        except Exception as error:  # whatever is wrong with it, it is told as the answer that it is
            return 'unreadable records (%s): %s' % (error, data.hex())


class Difference:
    def __init__(self, path, apache, ours):
        self.path, self.apache, self.ours = path, apache, ours
        self.answers = {}, {}  # what the two answers are as a whole
        self.shortened = ()  # topics whose logs have lost their beginnings

    def entries(self, depth):
        """What each answer has at the first `depth` steps of the path."""
        return tuple(at(answer, self.path[:depth]) for answer in self.answers)

    def field(self):
        """The path without positions."""
        return '.'.join(str(key) for key in self.path if not isinstance(key, int))

    def name(self):
        """Of the field itself; empty for the answer as a whole."""
        return next((key for key in reversed(self.path) if not isinstance(key, int)), '')

    def __str__(self):
        return '%s: Apache %s, Odradek %s' % ('.'.join(map(str, self.path)) or 'answer', brief(self.apache), brief(self.ours))


def at(value, path):
    """What a path leads to; an empty entry if there is nothing."""
    for key in path:
        if isinstance(value, list) and not isinstance(key, int):
            value = next((item for item in value if item.get('name') == key), {})
        elif isinstance(value, list):
            value = value[key] if key < len(value) else {}
        else:
            value = value.get(key, {}) if isinstance(value, dict) else {}
    return value


def place(value, path):
    """The entry that a path leads into, without its lists: what the fields beside a difference say."""
    value = at(value, path[:-1])
    return {key: item for key, item in value.items() if not isinstance(item, (list, dict))} if isinstance(value, dict) else value


def brief(value):
    text = repr(value)
    return text if len(text) <= 300 else text[:300] + '...'


def sort_key(value):
    """Orders entries by what identifies them before what they say, so that each meets its like."""
    if isinstance(value, dict):
        told = {key: item for key, item in value.items() if not key.startswith('error')}
        return repr([(key, sort_key(item)) for key, item in told.items() if not isinstance(item, list)] +
                    [(key, repr(item)) for key, item in told.items()] + [(key, repr(item)) for key, item in value.items()])
    return repr(value)


def is_set(key, value):
    """Numbers of partitions, alone; an order of replicas says something."""
    return key == 'partitions' and isinstance(value, list) and all(isinstance(item, int) for item in value)


def ordered(value):
    """The same with the entries of every array of structs in one order."""
    if isinstance(value, dict):
        return {key: item if key in ('records', 'payload') else sorted(item) if is_set(key, item) else ordered(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [ordered(item) for item in value]
        return sorted(items, key=sort_key) if items and isinstance(items[0], dict) else items
    return value


def merged(value):
    """Entries of the same topic as one: Apache tells failed partitions first, and so the same topic twice."""
    if isinstance(value, dict):
        return {key: merged(item) for key, item in value.items()}
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return value
    items, places = [], {}
    for item in map(merged, value):
        lists = [key for key, inner in item.items() if isinstance(inner, list) and key in ('partitions', 'partition_responses')]
        rest = repr([(key, inner) for key, inner in item.items() if key not in lists])
        if lists and rest in places:
            places[rest][lists[0]].extend(item[lists[0]])
        else:
            places[rest] = item
            items.append(item)
    return items


def differences(apache, ours, path=()):
    if isinstance(apache, dict) and isinstance(ours, dict):
        for key in list(apache) + [key for key in ours if key not in apache]:
            yield from differences(apache.get(key, 'absent'), ours.get(key, 'absent'), path + (key,))
    elif isinstance(apache, list) and isinstance(ours, list) and len(apache) == len(ours):
        for index, (left, right) in enumerate(zip(apache, ours)):
            yield from differences(left, right, path + (index,))
    elif isinstance(apache, list) and isinstance(ours, list) and path and path[-1] in ('records', 'payload'):
        common = min(len(apache), len(ours))
        for index in range(common):
            yield from differences(apache[index], ours[index], path + (index,))
        yield Difference(path, apache[common:], ours[common:])
    elif isinstance(apache, list) and isinstance(ours, list) and path and path[-1] == 'configs':
        left, right = ({item['name']: item for item in items} for items in (apache, ours))
        for name in sorted(set(left) | set(right)):
            yield from differences(left.get(name, 'absent'), right.get(name, 'absent'), path + (name,))
    elif isinstance(apache, list) and isinstance(ours, list):
        # Told entry by entry: what only one of them has.
        left, right = [repr(item) for item in apache], [repr(item) for item in ours]
        yield Difference(path, [item for item in apache if repr(item) not in right] or '%d entries' % len(apache),
                         [item for item in ours if repr(item) not in left] or '%d entries' % len(ours))
    elif apache != ours or type(apache) is not type(ours):
        yield Difference(path, apache, ours)
