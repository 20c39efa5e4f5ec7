"""What a history of clients must satisfy, whatever happened to the broker meanwhile.

A history is a list of events (dictionaries, as the clients wrote them down; t is one monotonic clock for all processes):

  sent       producer topic partition value [txn]     about to be handed to the client library
  acked      producer topic partition offset value    the broker has acknowledged it (offset null: as a duplicate, it did
                                                      not say where)
  ended      txn outcome                              committed, aborted, or unknown (the answer was lost)
  read       reader topic partition offset value      by a read_committed consumer while the broker was being hurt
  committing group topic partition offset             a group's offset is about to be committed
  commit     group topic partition offset             ... and the broker has said that it is
  fetching   witness                                  an OffsetFetch is about to be sent; the next `fetched` of it answer
  fetched    witness group topic partition offset     what the group's offset is said to be
  hurt       kind                                     the broker was killed, frozen, ...
  final      isolation topic partition offset value   the log as it stands in the end, read from its beginning

Values are unique.  A rule is a function from an Index to the breaches it found; RULES names them all.  reliability.md, 2.6.
"""
import collections


class Index:
    """The history by what the rules ask for."""

    def __init__(self, history):
        self.history = history
        self.sent, self.outcome_of_txn = {}, {}
        self.final = {'read_committed': collections.defaultdict(list), 'read_uncommitted': collections.defaultdict(list)}
        for event in history:
            if event['type'] == 'sent':
                self.sent[event['value']] = event
            elif event['type'] == 'ended':
                self.outcome_of_txn[event['txn']] = event['outcome']
            elif event['type'] == 'final':
                self.final[event['isolation']][(event['topic'], event['partition'])].append((event['offset'], event['value']))

    def of(self, kind):
        return (event for event in self.history if event['type'] == kind)

    def values(self, isolation):
        """(place, offset, value) of the final log."""
        for place, entries in self.final[isolation].items():
            for offset, value in entries:
                yield place, offset, value

    def outcome(self, value):
        """What became of the transaction of a value; None if it was sent outside of one."""
        txn = self.sent[value].get('txn')
        return None if txn is None else self.outcome_of_txn.get(txn, 'unknown')


def acknowledged_records_are_there(index):
    where = {value: (place, offset) for place, offset, value in index.values('read_uncommitted')}
    for event in index.of('acked'):
        promised = ((event['topic'], event['partition']), event['offset'])
        found = where.get(event['value'])
        if found is None:
            yield 'lost: %s was acknowledged at %s offset %s' % (event['value'], *promised)
        elif found != promised and promised[1] is not None:
            yield 'moved: %s was acknowledged at %s, and is at %s' % (event['value'], promised, found)


def nothing_is_doubled(index):
    for isolation in index.final:
        count = collections.Counter(value for _, _, value in index.values(isolation))
        for value, times in count.items():
            if times > 1:
                yield 'doubled: %s is there %d times for %s' % (value, times, isolation)


def nothing_is_invented(index):
    for _, _, value in index.values('read_uncommitted'):
        if value not in index.sent:
            yield 'invented: %s was never sent' % value


def producers_keep_their_order(index):
    """Of one producer in one partition, later values stand behind earlier ones: `sent` events are in order."""
    rank = {value: number for number, value in enumerate(index.sent)}
    for place, entries in index.final['read_uncommitted'].items():
        last = {}
        for offset, value in sorted(entries):
            if value not in index.sent:
                continue
            producer = index.sent[value]['producer']
            if producer in last and rank[value] < rank[last[producer]]:
                yield 'out of order: %s stands behind %s in %s' % (value, last[producer], place)
            last[producer] = value


def transactions_are_whole(index):
    """Committed ones are there in full, aborted ones not at all, of unknown ones all or nothing."""
    visible = {value for _, _, value in index.values('read_committed')}
    members = collections.defaultdict(list)
    for value, event in index.sent.items():
        if event.get('txn') is not None:
            members[event['txn']].append(value)
    for txn, values in members.items():
        outcome = index.outcome_of_txn.get(txn, 'unknown')
        seen = [value for value in values if value in visible]
        if outcome == 'committed' and len(seen) < len(values):
            yield 'lost: transaction %s was committed, and %s are not there' % (txn, sorted(set(values) - set(seen)))
        if outcome == 'aborted' and seen:
            yield 'not aborted: transaction %s was aborted, and %s are read' % (txn, seen)
        if outcome == 'unknown' and seen and len(seen) < len(values):
            yield 'torn: of transaction %s only %s are read' % (txn, seen)


def readers_see_the_log(index):
    """What a read_committed consumer saw on the way is what the log says in the end, forwards and without a gap."""
    final = {(place, offset): value for place, offset, value in index.values('read_committed')}
    ranks = {place: {offset: rank for rank, (offset, _) in enumerate(sorted(entries))}
             for place, entries in index.final['read_committed'].items()}
    last = {}
    for event in index.of('read'):
        place, offset = (event['topic'], event['partition']), event['offset']
        if final.get((place, offset)) != event['value']:
            yield 'not in the log: %s read %s at %s offset %d, where there is %s' % (
                event['reader'], event['value'], place, offset, final.get((place, offset)))
            continue
        before = last.get((event['reader'], place))
        last[(event['reader'], place)] = offset
        if before is None:
            continue
        if offset <= before:
            yield 'read twice: %s went from offset %d to %d of %s' % (event['reader'], before, offset, place)
        else:
            if ranks[place][offset] != ranks[place][before] + 1:
                yield 'skipped: %s went from offset %d to %d of %s, and there are records between' % (
                    event['reader'], before, offset, place)


def committed_offsets_do_not_go_back(index):
    """A fetch that began after a commit was acknowledged answers that commit or a later one."""
    acknowledged, since = {}, {}
    for event in sorted(index.history, key=lambda event: event['t']):
        if event['type'] == 'commit':
            key = (event['group'], event['topic'], event['partition'])
            acknowledged[key] = max(acknowledged.get(key, -1), event['offset'])
        elif event['type'] == 'fetching':
            since[event['witness']] = dict(acknowledged)
        elif event['type'] == 'fetched':
            key = (event['group'], event['topic'], event['partition'])
            least = since.get(event['witness'], {}).get(key, -1)
            if event['offset'] < least:
                yield 'went back: offset %d of %s, when %d was committed' % (event['offset'], key, least)


def chains_are_exactly_once(index):
    """Each committed value of `ledger` has led to one of `derived`, and nothing else has."""
    sources = {'derived-from-' + value for (topic, _), _, value in index.values('read_committed') if topic == 'ledger'}
    derived = {value for (topic, _), _, value in index.values('read_committed') if topic == 'derived'}
    for value in sorted(sources - derived):
        yield 'not derived: %s' % value
    for value in sorted(derived - sources):
        yield 'derived from nothing: %s' % value


def everybody_did_something(index):
    """A history in which nothing happened keeps every promise, and proves none."""
    hurts = sum(1 for _ in index.of('hurt'))
    done = collections.Counter(event['outcome'] for event in index.of('ended'))
    done.update(event['type'] for event in index.history if event['type'] != 'ended')
    done['derived'] = sum(1 for (topic, _), _, _ in index.values('read_committed') if topic == 'derived')
    for kind in ('acked', 'committed', 'aborted', 'read', 'commit', 'fetched', 'derived'):
        if done[kind] < max(1, hurts):
            yield 'idle: %d times %s, with the broker hurt %d times' % (done[kind], kind, hurts)


RULES = [acknowledged_records_are_there, nothing_is_doubled, nothing_is_invented, producers_keep_their_order,
         transactions_are_whole, readers_see_the_log, committed_offsets_do_not_go_back, chains_are_exactly_once,
         everybody_did_something]


def check(history):
    """Every breach of every rule, as text."""
    index = Index(history)
    return ['%s: %s' % (rule.__name__, breach) for rule in RULES for breach in rule(index)]
