"""What the comparison sees and what it lets pass: a test that passes everything would be worth nothing."""
import unittest

import exceptions
import schema
from canonical import differences, merged, ordered
from steps import Step


def compared(apache, ours):
    return [difference.field() for difference in differences(ordered(merged(apache)), ordered(merged(ours)))]


class CompareTest(unittest.TestCase):
    def test_a_code_an_absent_field_and_a_missing_entry(self):
        self.assertEqual(compared({'error_code': 0}, {'error_code': 3}), ['error_code'])
        self.assertEqual(compared({'a': None}, {}), ['a'])
        self.assertEqual(compared({'topics': [{'name': 'x'}]}, {'topics': []}), ['topics'])
        self.assertEqual(compared('closed', {'error_code': 0}), [''])
        self.assertEqual(compared({'a': 0}, {'a': False}), ['a'])

    def test_the_order_of_entries_is_not_compared_but_their_number_is(self):
        entries = [{'partition_index': 0, 'error_code': 3}, {'partition_index': 1, 'error_code': 0}]
        self.assertEqual(compared({'p': entries}, {'p': entries[::-1]}), [])
        self.assertEqual(compared({'p': entries}, {'p': entries[::-1] + entries[:1]}), ['p'])
        self.assertEqual(compared({'isr': [1, 2]}, {'isr': [2, 1]}), ['isr', 'isr'])

    def test_an_answer_may_name_a_topic_twice(self):
        twice = {'t': [{'topic': 'x', 'partitions': [{'i': 1}]}, {'topic': 'x', 'partitions': [{'i': 0}]}]}
        self.assertEqual(compared(twice, {'t': [{'topic': 'x', 'partitions': [{'i': 0}, {'i': 1}]}]}), [])

    def test_entries_meet_their_like_whatever_went_wrong_with_them(self):
        def entries(*texts):
            return {'entries': [{'error_code': 42, 'error_message': text, 'entity': [{'entity_name': name}]} for name, text in texts]}
        self.assertEqual(compared(entries(('ann', 'z'), ('ben', 'a')), entries(('ann', 'b'), ('ben', 'c'))), ['entries.error_message'] * 2)

    def test_what_a_lost_beginning_hides(self):
        step = Step(1, schema.APIS['ListOffsets'], 5, {})

        def allowed(offset, shortened):
            answers = [{'topics': [{'name': 'x', 'partitions': [{'error_code': 0, 'offset': each}]}]} for each in (offset, 7)]
            for difference in differences(*answers):
                difference.answers, difference.shortened = answers, shortened
                yield exceptions.explain(step, difference) is not None
        self.assertEqual(list(allowed(-1, {'x'})) + list(allowed(-1, {'y'})) + list(allowed(3, {'x'})), [True, False, False])

    def test_verified_together_is_no_excuse_for_the_code_of_another_version(self):
        def allowed(api, version, apache, ours):
            answers = [{'responses': [{'partition_responses': [{'index': 0, 'error_code': code}]}]} for code in (apache, ours)]
            for difference in differences(*answers):
                difference.answers = answers
                return exceptions.explain(Step(1, schema.APIS[api], version, {}), difference) is not None
        self.assertEqual([allowed('Produce', version, *codes) for version in (10, 11) for codes in ((120, 48), (48, 120))], [True, False, False, True])
        self.assertEqual([allowed('TxnOffsetCommit', version, *codes) for version in (3, 4) for codes in ((120, 48), (48, 120))],
                         [True, False, False, True])
        self.assertFalse(allowed('Produce', 11, 48, 47))

    def test_configs_of_a_release(self):
        step = Step(1, schema.APIS['DescribeConfigs'], 0, {})

        def allowed(kind, apache, ours):
            answers = [{'results': [{'resource_type': kind, 'configs': configs}]} for configs in (apache, ours)]
            for difference in differences(*answers):
                difference.answers = answers
                yield exceptions.explain(step, difference) is not None
        new, gone, changed = 'log.cleanup.policy', 'zookeeper.connect', 'message.timestamp.after.max.ms'

        def entry(name, value):
            return [{'name': name, 'value': value, 'is_sensitive': False}]
        self.assertEqual([*allowed(4, [], entry(new, 'delete')), *allowed(4, entry(new, 'delete'), [])], [True, False])
        self.assertEqual([*allowed(4, [], entry(gone, '')), *allowed(4, entry(gone, ''), [])], [False, True])
        self.assertEqual([*allowed(4, entry('log.cleanup.policy', 'x'), entry('log.cleanup.policy', 'delete'))], [True])
        self.assertEqual([*allowed(4, entry('log.cleanup.policy', 'delete'), entry('log.cleanup.policy', 'x'))], [False])
        self.assertEqual([*allowed(2, entry(changed, '1'), entry(changed, '3600000'))], [False])
        mode = [[{'name': 'advertised.listeners', 'read_only': value}] for value in (False, True)]
        self.assertEqual([*allowed(4, *mode), *allowed(4, *mode[::-1])], [True, False])

    def test_exceptions_are_narrow(self):
        step = Step(1, schema.APIS['Produce'], 9, {})
        allowed = [(exceptions.explain(step, difference) or exceptions.NONE).name for apache, ours in (
            ({'error_message': 'a'}, {'error_message': 'b'}), ({'error_message': 'a'}, {'error_message': None}),
            ({'log_append_time_ms': -1}, {'log_append_time_ms': 1_800_000_000_000}),
            ({'log_append_time_ms': 1_800_000_000_001}, {'log_append_time_ms': 1_800_000_000_000}), ('closed', {'error_code': 1}))
            for difference in differences(apache, ours)]
        self.assertEqual(allowed, ['error texts', '', '', 'the clock', ''])


if __name__ == '__main__':
    unittest.main()
