"""A step of a sequence: one request, or several at once, written so that it means the same to each broker and in each replay.

What a broker chooses itself (producer ids, topic ids, member ids, sessions) is a From: the field of an earlier answer.  Names
that must not meet those of another episode are Scoped.  Both are put in when the request is sent.
"""
import hashlib
import re

from records import build

REPEATED = re.compile(r'(\w)\1{20,}')
SCOPE = re.compile(r'ep(\d+)-')  # begins every name of an episode


class Scoped:
    """A name that belongs to the episode; `size` pads it."""

    def __init__(self, name, size=0):
        self.name, self.size = name, size

    def resolve(self, side):
        return (side.scope + self.name).ljust(self.size, 'x')

    def __repr__(self):
        return 'Scoped(%r%s)' % (self.name, ', %d' % self.size if self.size else '')

    def __eq__(self, other):
        return isinstance(other, Scoped) and (self.name, self.size) == (other.name, other.size)

    def __hash__(self):
        return hash((self.name, self.size))


class Address:
    """An IP address that belongs to the episode."""

    def __init__(self, number):
        self.number = number

    def resolve(self, side):
        episode = int(SCOPE.match(side.scope).group(1))
        return '10.%d.%d.%d' % (episode >> 8 & 255, episode & 255, self.number)

    def __repr__(self):
        return 'Address(%d)' % self.number


class From:
    """`path` (field names and positions) in this side's answer to the step numbered `step`, plus `add`; or `otherwise`."""

    def __init__(self, step, path, otherwise, add=0):
        self.step, self.path, self.otherwise, self.add = step, path, otherwise, add

    def resolve(self, side):
        value = side.answers.get(self.step)
        for key in self.path:
            try:
                value = value[key]
            except (KeyError, IndexError, TypeError):
                return self.otherwise
        if value is None:
            return self.otherwise
        return value + self.add if self.add else value

    def __repr__(self):
        return '<%s of the answer to %d%s>' % ('.'.join(map(str, self.path)), self.step, ' %+d' % self.add if self.add else '')


class TopicId:
    """The id of the topic that has this name now, or an id that no topic has."""
    UNKNOWN = '0123456789abcdef0123456789abcdef'

    def __init__(self, name):
        self.name = name

    def resolve(self, side):
        name = self.name.resolve(side) if isinstance(self.name, Scoped) else self.name
        return side.topic_ids.get(name) or hashlib.md5(repr(self.name).encode()).hexdigest()  # an id for each unknown name

    def __repr__(self):
        return '<id of %r>' % (self.name,)


class Records:
    def __init__(self, batches):
        self.batches = batches

    def resolve(self, side):
        return build(resolve(self.batches, side))

    def __repr__(self):
        return 'Records(%r)' % (self.batches,)


REFERENCES = (Scoped, Address, From, TopicId, Records)


def resolve(value, side):
    if isinstance(value, REFERENCES):
        return value.resolve(side)
    if isinstance(value, dict):
        return {key: resolve(item, side) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, side) for item in value]
    if isinstance(value, tuple):
        return tuple(resolve(item, side) for item in value)
    return value


class Step:
    """number: its place in the sequence as generated, kept when others are left out.  damage: what is done to the frame.
    hasty: another must follow at once, before a deadline of the brokers passes."""

    def __init__(self, number, api, version, value, client_id='oracle', damage=None, hasty=False):
        self.number, self.api, self.version, self.value = number, api, version, value
        self.client_id, self.damage, self.hasty = client_id, damage, hasty
        self.compared = True

    def __str__(self):
        text = '%4d  %s v%d  %s' % (self.number, self.api.name, self.version, shorter(repr(self.value)))
        if self.client_id != 'oracle':
            text += '  client %r' % (self.client_id,)
        return text + ('  frame %r' % (self.damage,) if self.damage else '')

    @property
    def silent(self):
        """Nobody answers a produce with acks=0."""
        return self.api.name == 'Produce' and self.value.get('acks', 0) == 0 and not self.damage


class Together:
    """Steps sent at once, each on a connection of its own, in this order: what waits for one another."""

    def __init__(self, steps, hasty=False):
        self.steps, self.hasty = steps, hasty
        self.number = steps[0].number

    def __str__(self):
        return '      together:\n' + '\n'.join(map(str, self.steps))


def shorter(text, limit=1500):
    text = REPEATED.sub(lambda match: '%s*%d' % (match.group(1), len(match.group())), text)
    return text if len(text) <= limit else text[:limit] + '... (%d characters)' % len(text)
