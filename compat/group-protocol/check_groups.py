"""Walks through the classic group protocol and its wrong states, and compares every answer with Apache Kafka 4.3.1's.

What Apache answered is in apache-4.3.1.txt; with BROKER=apache and the argument --rewrite it is written anew.  Closing line:
`N passed, N failed`, an answer each.
"""
import os
import re
import time

import brokers
import transcript
from wire import Client

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, 'apache-4.3.1.txt')
HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'group-protocol')
GENERATED_ID = re.compile(r"(\w+)-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Transcript:
    """Lines of answers; generated member ids by the order of their appearance, and lists in the order of what they hold."""

    def __init__(self):
        self.lines, self.ids = [], {}

    def __call__(self, what, answer):
        self.lines.append('%s: %s' % (what, self.plain(answer)))

    def plain(self, value):
        if isinstance(value, str):
            name = lambda match: self.ids.setdefault(match.group(0), '%s#%d' % (match.group(1), len(self.ids)))
            return GENERATED_ID.sub(name, value)
        if isinstance(value, dict):
            # The member first: it is known from now on, the others by where they stand.
            return {key: self.plain(value[key]) for key in sorted(value, key=lambda key: key == 'members')}
        if isinstance(value, tuple):
            return tuple(map(self.plain, value))
        return sorted(map(self.plain, value), key=str) if isinstance(value, list) else value


def wait_for_coordinators(client):
    for _ in range(300):
        if client.find_coordinator('g') == 0 and all(client.describe(g)[0] == 0 for g in ('g', 'static', 'simple', 'expiring')):
            return
        time.sleep(0.1)
    raise brokers.BrokerError('no coordinator')


def unknown_group(note, one):
    note('describe', one.describe('g'))
    note('heartbeat', one.heartbeat('g', 1, 'm'))
    note('sync', one.sync('g', 1, 'm'))
    note('leave', one.leave('g', ('m', None)))
    note('commit of a generation', one.commit('g', 1, 'm'))
    note('fetch', one.fetch('g', [('t', [0, 9])]))
    note('fetch all', one.fetch('g', None))
    note('delete', one.delete_groups('g'))
    note('delete offsets', one.delete_offsets('g', [('t', [0])]))
    note('list', one.list_groups())
    note('join with an id', one.join('g', 'm'))
    note('join without group', one.join(''))
    note('join with a short session', one.join('g', session=1))
    note('heartbeat without group', one.heartbeat('', 1, 'm'))
    note('sync without group', one.sync('', 1, 'm'))
    note('leave without group', one.leave('', ('m', None)))


def one_member(note, one, two):
    member = one.join('g')
    note('first join', member)
    member = member['member']
    time.sleep(0.5)  # a group is shown when its first record is committed
    note('describe while pending', one.describe('g'))
    note('second join', one.join('g', member))
    note('describe while completing', one.describe('g'))
    note('heartbeat while completing', one.heartbeat('g', 1, member))
    note('commit while completing', one.commit('g', 1, member))
    note('join again', one.join('g', member))
    note('sync of another generation', one.sync('g', 9, member))
    note('sync of a stranger', one.sync('g', 1, 'stranger'))
    note('sync', one.sync('g', 1, member, assignments=[(member, b'abc')]))
    note('sync again', one.sync('g', 1, member))
    note('describe', one.describe('g'))
    note('heartbeat of another generation', one.heartbeat('g', 7, member))
    note('heartbeat of a stranger', one.heartbeat('g', 1, 'stranger'))
    note('heartbeat with an instance', one.heartbeat('g', 1, member, 'instance'))
    commits(note, one, member)
    note('delete', one.delete_groups('g', 'other', 'g'))
    note('delete offsets', one.delete_offsets('g', [('t', [0, 4]), ('none', [0])]))
    note('list', one.list_groups())
    note('join of another kind', two.join('g', kind='connect'))
    note('join with another protocol', two.join('g', protocols=('sticky',)))
    note('join without a protocol', two.join('g', protocols=()))
    note('join of the leader', one.join('g', member))
    note('sync without assignments', one.sync('g', 2, member))
    return member


def commits(note, one, member):
    note('commit', one.commit('g', 1, member, offset=5))
    note('commit without generation', one.commit('g', -1, ''))
    note('commit without generation, with member', one.commit('g', -1, member))
    note('commit of another generation', one.commit('g', 4, member))
    note('commit of a stranger', one.commit('g', 1, 'stranger'))
    note('commit with an instance', one.commit('g', 1, member, 'instance'))
    note('commit to an unknown topic', one.commit('g', 1, member, topic='none'))
    note('commit to an unknown partition', one.commit('g', 1, member, partition=3))
    note('commit of much metadata', one.commit('g', 1, member, metadata='x' * 5000))
    note('commit without metadata', one.commit('g', 1, member, offset=6, metadata=None))
    note('fetch', one.fetch('g', [('t', [0, 1]), ('none', [0])]))
    note('fetch all', one.fetch('g', None))


def three_members(note, one, two, three, four, leader):
    second = two.join('g')['member']
    note('a second gets an id', second)
    two.send_join('g', second)
    time.sleep(0.5)
    note('heartbeat in a rebalance', one.heartbeat('g', 2, leader))
    note('sync in a rebalance', one.sync('g', 2, leader))
    note('commit in a rebalance', one.commit('g', 2, leader, offset=8))
    note('describe in a rebalance', one.describe('g'))
    note('join of the leader', one.join('g', leader))
    note('join of the follower', two.joined())
    two.send_sync('g', 3, second)
    time.sleep(0.3)
    note('sync of the leader', one.sync('g', 3, leader, assignments=[(leader, b'1'), (second, b'22')]))
    note('sync of the follower', two.synced())
    note('join of the follower, unchanged', two.join('g', second))

    third = three.join('g')['member']
    note('a third gets an id', third)
    three.send_join('g', third)
    time.sleep(0.3)
    fourth = four.join('g')
    note('a fourth gets an id', fourth)
    one.send_join('g', leader)
    time.sleep(0.3)
    two.send_join('g', second)
    time.sleep(0.3)
    note('and no place', four.join('g', fourth['member']))
    note('join of the first', one.joined())
    note('join of the second', two.joined())
    note('join of the third', three.joined())
    everyone = [(member, b'1') for member in (leader, second, third)]
    note('syncs', (one.sync('g', 4, leader, assignments=everyone), two.sync('g', 4, second), three.sync('g', 4, third)))
    note('one too many', four.join('g'))
    return second, third


def leaving(note, one, two, leader, second, third):
    note('leave', one.leave('g', (leader, None), ('stranger', None), ('', None), ('', 'instance'), (second, 'instance')))
    note('heartbeat of who stays', two.heartbeat('g', 4, second))
    note('heartbeat of who left', one.heartbeat('g', 4, leader))
    note('leave of the rest', one.leave('g', (second, None), (third, None)))
    note('describe', one.describe('g'))
    note('heartbeat', two.heartbeat('g', 5, second))
    note('sync', two.sync('g', 5, second))
    note('join with the old id', two.join('g', second))
    note('commit of a generation', one.commit('g', 5, leader))
    note('commit', one.commit('g', -1, '', offset=11))
    note('delete offsets', one.delete_offsets('g', [('t', [0])]))
    note('fetch', one.fetch('g', [('t', [0])]))
    note('delete', one.delete_groups('g'))
    note('describe', one.describe('g'))


def static_member(note, one, two):
    old = one.join('static', instance='i')
    note('join', old)
    old = old['member']
    note('sync', one.sync('static', 1, old, 'i', [(old, b'A')]))
    note('heartbeat', one.heartbeat('static', 1, old, 'i'))
    note('heartbeat without its instance', one.heartbeat('static', 1, old))
    new = two.join('static', instance='i')
    note('it comes back', new)
    new = new['member']
    note('heartbeat of the old', one.heartbeat('static', 1, old, 'i'))
    note('commit of the old', one.commit('static', 1, old, 'i'))
    note('sync of the old', one.sync('static', 1, old, 'i'))
    note('join of the old', one.join('static', old, instance='i'))
    note('sync of the new', two.sync('static', 1, new, 'i'))
    note('heartbeat of the new', two.heartbeat('static', 1, new, 'i'))
    note('join of the new', two.join('static', new, instance='i'))
    note('sync of the new', two.sync('static', 2, new, 'i', [(new, b'B')]))
    note('describe', one.describe('static'))
    note('leave of the old', one.leave('static', (old, 'i')))
    note('leave by instance', one.leave('static', ('', 'i'), ('', 'j')))
    note('describe', one.describe('static'))


def simple_consumer(note, one):
    note('commit', one.commit('simple', -1, '', offset=3))
    note('describe', one.describe('simple'))
    note('list', one.list_groups())
    note('delete offsets', one.delete_offsets('simple', [('t', [0]), ('none', [1])]))
    note('fetch', one.fetch('simple', [('t', [0])]))
    note('describe', one.describe('simple'))
    note('delete', one.delete_groups('simple'))


def expiry(note, one):
    member = one.join('expiring', session=6000)['member']
    note('join', one.join('expiring', member, session=6000))
    note('sync', one.sync('expiring', 1, member, assignments=[(member, b'Z')]))
    time.sleep(8)
    note('describe', one.describe('expiring'))
    note('heartbeat', one.heartbeat('expiring', 1, member))
    note('coordinator of a share group', one.find_coordinator('x', 2))


def walk(port):
    note = Transcript()
    one, two, three, four = (Client(port) for _ in range(4))
    one.create_topic('t')
    wait_for_coordinators(one)
    for part, steps in (('unknown group', lambda: unknown_group(note, one)), ('one member', lambda: one_member(note, one, two))):
        note.lines.append('# ' + part)
        leader = steps()
    note.lines.append('# three members')
    second, third = three_members(note, one, two, three, four, leader)
    note.lines.append('# leaving')
    leaving(note, one, two, leader, second, third)
    for part, steps in (('static member', lambda: static_member(note, one, two)), ('simple consumer', lambda: simple_consumer(note, one)),
                        ('expiry', lambda: expiry(note, one))):
        note.lines.append('# ' + part)
        steps()
    return note.lines


transcript.check(EXPECTED, '4.3.1', HOME, {'group.max.size': 3, 'offsets.topic.num.partitions': 3}, walk)
