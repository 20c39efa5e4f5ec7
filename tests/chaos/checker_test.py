"""The checker finds each kind of loss in a history that has it, and nothing in one that has none.

Numbers like A20 are those of docs/anomalies.md."""
import copy
import unittest

import checker


def good_history():
    clock = iter(range(1000))

    def event(kind, **fields):
        return dict(type=kind, t=next(clock), **fields)

    def sent(producer, topic, value, txn=None):
        return event('sent', producer=producer, topic=topic, partition=0, value=value, txn=txn)

    history = [
        sent('p', 'events', 'p-0'), sent('p', 'events', 'p-1'),
        event('acked', producer='p', topic='events', partition=0, offset=0, value='p-0'),
        event('acked', producer='p', topic='events', partition=0, offset=1, value='p-1'),
        sent('t', 'ledger', 't-0', 'T0'), sent('t', 'ledger', 't-1', 'T0'), event('ended', txn='T0', outcome='committed'),
        sent('t', 'ledger', 't-2', 'T1'), event('ended', txn='T1', outcome='aborted'),
        sent('c', 'derived', 'derived-from-t-0', 'C0'), sent('c', 'derived', 'derived-from-t-1', 'C0'),
        event('ended', txn='C0', outcome='unknown'),
        event('read', reader='r', topic='ledger', partition=0, offset=0, value='t-0'),
        event('read', reader='r', topic='ledger', partition=0, offset=1, value='t-1'),
        event('committing', group='g', topic='events', partition=0, offset=2),
        event('commit', group='g', topic='events', partition=0, offset=2),
        event('fetching', witness='w'), event('fetched', witness='w', group='g', topic='events', partition=0, offset=2),
    ]
    log = {'events': ['p-0', 'p-1'], 'ledger': ['t-0', 't-1', None, 't-2'], 'derived': ['derived-from-t-0', 'derived-from-t-1']}
    for isolation in ('read_uncommitted', 'read_committed'):
        for topic, values in log.items():
            for offset, value in enumerate(values):
                if value is None or (isolation == 'read_committed' and value == 't-2'):
                    continue
                history.append(event('final', isolation=isolation, topic=topic, partition=0, offset=offset, value=value))
    return history


def find(history, kind, **fields):
    return next(e for e in history if e['type'] == kind and all(e.get(name) == value for name, value in fields.items()))


class CheckerTest(unittest.TestCase):
    def setUp(self):
        self.history = good_history()

    def assert_found(self, rule, word):
        breaches = checker.check(self.history)
        self.assertTrue(any(b.startswith(rule + ': ' + word) for b in breaches), breaches)

    def drop(self, kind, **fields):
        self.history.remove(find(self.history, kind, **fields))

    def final(self, isolation, topic, offset, value):
        self.history.append(dict(type='final', t=2000, isolation=isolation, topic=topic, partition=0, offset=offset, value=value))

    def test_finds_nothing_in_a_good_history(self):
        self.assertEqual(checker.check(self.history), [])

    def test_A20_finds_a_lost_record(self):
        self.drop('final', isolation='read_uncommitted', value='p-1')
        self.assert_found('acknowledged_records_are_there', 'lost')

    def test_finds_a_record_at_another_offset(self):
        find(self.history, 'final', isolation='read_uncommitted', value='p-1')['offset'] = 7
        self.assert_found('acknowledged_records_are_there', 'moved')

    def test_a_duplicate_may_be_acknowledged_without_its_offset(self):
        find(self.history, 'acked', value='p-1')['offset'] = None
        self.assertEqual(checker.check(self.history), [])

    def test_finds_a_doubled_record(self):
        self.final('read_uncommitted', 'events', 2, 'p-1')
        self.assert_found('nothing_is_doubled', 'doubled')

    def test_finds_an_invented_record(self):
        self.final('read_uncommitted', 'events', 2, 'who?')
        self.assert_found('nothing_is_invented', 'invented')

    def test_finds_records_out_of_order(self):
        for value, offset in (('p-0', 1), ('p-1', 0)):
            find(self.history, 'final', isolation='read_uncommitted', value=value)['offset'] = offset
        self.assert_found('producers_keep_their_order', 'out of order')

    def test_finds_a_committed_transaction_with_a_hole(self):
        self.drop('final', isolation='read_committed', value='t-1')
        self.assert_found('transactions_are_whole', 'lost')

    def test_finds_an_aborted_record_that_is_read(self):
        self.final('read_committed', 'ledger', 3, 't-2')
        self.assert_found('transactions_are_whole', 'not aborted')

    def test_finds_a_torn_transaction_of_unknown_outcome(self):
        self.drop('final', isolation='read_committed', value='derived-from-t-1')
        self.assert_found('transactions_are_whole', 'torn')

    def test_a_transaction_of_unknown_outcome_may_be_absent(self):
        for value in ('derived-from-t-0', 'derived-from-t-1'):
            self.drop('final', isolation='read_committed', value=value)
        self.assertFalse(any(b.startswith('transactions_are_whole') for b in checker.check(self.history)))

    def test_A30_interleaved_transactions_are_no_breach(self):
        """The protocol does not isolate writes: two transactions may lie in one another, and in another order in another partition."""
        order = {0: ('a-0', 'b-0', 'a-2', 'b-2'), 1: ('b-1', 'a-1', 'b-3', 'a-3')}
        for partition, values in order.items():
            for offset, value in enumerate(values):
                self.history.append(dict(type='sent', t=2000, producer=value[0], topic='other', partition=partition, value=value, txn=value[0]))
                for isolation in ('read_uncommitted', 'read_committed'):
                    self.history.append(dict(type='final', t=3000, isolation=isolation, topic='other', partition=partition, offset=offset, value=value))
        self.history += [dict(type='ended', t=2500, txn=txn, outcome='committed') for txn in 'ab']
        self.assertEqual(checker.check(self.history), [])

    def test_finds_a_reader_that_saw_an_aborted_record(self):
        self.history.append(dict(type='read', t=2000, reader='r', topic='ledger', partition=0, offset=3, value='t-2'))
        self.assert_found('readers_see_the_log', 'not in the log')

    def test_finds_a_reader_that_went_back(self):
        self.history.append(copy.deepcopy(find(self.history, 'read', offset=0)))
        self.assert_found('readers_see_the_log', 'read twice')

    def test_finds_a_reader_that_skipped(self):
        for isolation in ('read_uncommitted', 'read_committed'):
            self.final(isolation, 'events', 2, 'p-2')
        self.history.append(dict(type='sent', t=2000, producer='p', topic='events', partition=0, value='p-2', txn=None))
        for offset in (0, 2):
            self.history.append(dict(type='read', t=2000, reader='s', topic='events', partition=0, offset=offset, value='p-%d' % offset))
        self.assert_found('readers_see_the_log', 'skipped')

    def test_finds_a_committed_offset_that_went_back(self):
        find(self.history, 'fetched')['offset'] = 1
        self.assert_found('committed_offsets_do_not_go_back', 'went back')

    def test_a_fetch_that_began_before_the_commit_may_answer_the_older_offset(self):
        find(self.history, 'fetching')['t'] = -1
        find(self.history, 'fetched')['offset'] = -1
        self.assertEqual(checker.check(self.history), [])

    def test_finds_a_chain_that_lost_a_value(self):
        for isolation in ('read_uncommitted', 'read_committed'):
            self.drop('final', isolation=isolation, value='derived-from-t-1')
        self.assert_found('chains_are_exactly_once', 'not derived')

    def test_finds_a_run_without_transactions(self):
        for event in self.history:
            if event.get('outcome') == 'committed':
                event['outcome'] = 'aborted'
        self.assert_found('everybody_did_something', 'idle: 0 times committed')

    def test_A26_a_run_without_disturbance_is_judged_too(self):
        self.assertFalse(any(event['type'] == 'hurt' for event in self.history))
        for rule in checker.RULES:
            self.assertEqual(list(rule(checker.Index(self.history))), [])
        self.history = [event for event in self.history if event['type'] != 'read']
        self.assert_found('everybody_did_something', 'idle: 0 times read')

    def test_finds_a_run_that_did_less_than_was_done_to_it(self):
        self.history += [dict(type='hurt', t=2000, kind='kill -9')] * 3
        self.assert_found('everybody_did_something', 'idle: 2 times acked, with the broker hurt 3 times')


if __name__ == '__main__':
    unittest.main()
