"""Apache Kafka and Odradek side by side: a step goes to both, and what became of it is compared."""
import time

import exceptions
import schema
import side
import steps
from canonical import Canonical, differences, merged, ordered, place
from side import CLOSED, wait_until
from world import GROUPS, REBALANCE_MS

TOGETHER_SECONDS = 0.03  # between requests that are sent at once, so that they arrive in their order
CONCURRENT_TRANSACTIONS, CONCURRENT_SECONDS = 51, 0.5
GROUP_APIS, GROUP_SECONDS = ('JoinGroup', 'SyncGroup', 'LeaveGroup'), 5 * REBALANCE_MS / 1000
UNSETTLED_STATES = ('PreparingRebalance', 'CompletingRebalance')
ALL_QUOTAS = steps.Step(0, schema.APIS['DescribeClientQuotas'], 1, {'components': [], 'strict': False})


class Result:
    def __init__(self, step, apache, differences_, used, reordered, place_):
        self.place = place_
        self.step, self.apache, self.differences, self.used, self.reordered = step, apache, differences_, used, reordered


def accepted(result):
    return isinstance(result.apache, dict) and result.apache['error_code'] == 0


class Pair:
    def __init__(self, apache, ours):
        self.sides = (side.Side(apache), side.Side(ours))
        self.canonicals = tuple(map(Canonical, self.sides))
        self.topics = {}

    def begin(self, scope):
        for each in self.sides:
            each.begin(scope)
        self.all_topics()
        self.topics, self.groups, self.stuck, self.joined, self.synced, self.shortened = {}, set(), set(), {}, set(), set()

    def run(self, step):
        """The results of a step, or of each of those that go together."""
        if isinstance(step, steps.Together):
            results = self.run_together(step.steps)
        else:
            values = [steps.resolve(step.value, each) for each in self.sides]
            for each, value in zip(self.sides, values):
                each.main.send(each.frame(step, value))
            if step.silent:
                answers = [self.probe(each, step.number) for each in self.sides]
            else:
                answers = [each.read(step, each.main.receive()) for each in self.sides]
            answers = self.asked_again(step, values, answers)
            results = [self.compare(step, answers)]
        for result in results:
            self.settle(result.step, result.apache)
        if results[-1].step.api.name in GROUP_APIS:
            self.groups.update(result.step.value['group_id'] for result in results if result.step.api.name == 'JoinGroup' and result.step.value['group_id'])
            for result in filter(accepted, results):
                self.note_member(result)
            if not (step.hasty and accepted(results[-1])):
                self.settle_groups()
        return results

    def asked_again(self, step, values, answers):
        """CONCURRENT_TRANSACTIONS is "not yet": where only one of them says so it is asked again, as clients do."""
        deadline = time.monotonic() + CONCURRENT_SECONDS
        while [isinstance(answer, dict) and answer.get('error_code') == CONCURRENT_TRANSACTIONS for answer in answers] in ([True, False], [False, True]) \
                and time.monotonic() < deadline:
            time.sleep(0.01)
            for index, each in enumerate(self.sides):
                if isinstance(answers[index], dict) and answers[index].get('error_code') == CONCURRENT_TRANSACTIONS:
                    each.main.send(each.frame(step, values[index]))
                    answers[index] = each.read(step, each.main.receive())
        return answers

    def probe(self, each, number):
        """After a request without an answer: is the connection still there?"""
        each.main.send(each.frame(steps.Step(number, schema.APIS['ApiVersions'], 0, {}), {}))
        return CLOSED if each.main.receive() == CLOSED else 'silence'

    def run_together(self, group):
        connections = []
        for step in group:
            pair = []
            for each in self.sides:
                connection = side.Connection(each.port)
                connection.send(each.frame(step, steps.resolve(step.value, each)))
                pair.append(connection)
            connections.append(pair)
            time.sleep(TOGETHER_SECONDS)
        all_answers = []
        for step, pair in zip(group, connections):
            all_answers.append([each.read(step, connection.receive()) for each, connection in zip(self.sides, pair)])
            for each, answer, connection in zip(self.sides, all_answers[-1], pair):
                each.learn(step, answer)  # the leader's answer names members whose own comes later
                connection.close()
        return [self.compare(step, answers) for step, answers in zip(group, all_answers)]

    def compare(self, step, answers):
        for each, answer in zip(self.sides, answers):
            each.learn(step, answer)
        if step.api.name == 'DeleteRecords' and isinstance(answers[0], dict):
            self.shortened.update(topic['name'].replace(self.sides[0].scope, '') for topic in answers[0]['topics'] if any(partition['low_watermark'] > 0 for partition in topic['partitions']))
        apache, ours = (self.own(step, canonical.answer(step, answer)) for canonical, answer in zip(self.canonicals, answers))
        found, used, reordered = [], set(), False
        if step.compared and apache != ours:
            left, right = ordered(merged(apache)), ordered(merged(ours))
            reordered = left == right
            for difference in differences(left, right):
                difference.answers, difference.shortened = (left, right), self.shortened
                rule = exceptions.explain(step, difference)
                if rule:
                    used.add(rule.name)
                else:
                    found.append(difference)
        return Result(step, answers[0], found, used, reordered, place(ordered(merged(apache)), found[0].path) if found else None)

    def own(self, step, answer):
        """Without what other episodes have left behind, where everything there is is listed."""
        if not isinstance(answer, dict):
            return answer
        api = step.api.name
        # This episode's have lost their scope by now; that of another may have been damaged.
        keep = lambda name: '-' not in name[:9] and '\ufffd' not in name
        if api == 'ApiVersions' and answer.get('api_keys'):
            answer['api_keys'] = '<compared at the start>'
        elif api == 'Metadata' and (step.value.get('topics') is None or (step.version == 0 and not step.value.get('topics'))):
            answer['topics'] = [topic for topic in answer['topics'] if topic['name'] is None or keep(topic['name'])]
        elif api == 'ListGroups':
            answer['groups'] = [group for group in answer['groups'] if keep(group['group_id'])]
        elif api == 'ListTransactions':
            answer['transaction_states'] = [state for state in answer['transaction_states'] if keep(state['transactional_id'])]
        elif api == 'ListConfigResources':
            answer['config_resources'] = [resource for resource in answer['config_resources'] if keep(resource['resource_name'])]
        elif api == 'ElectLeaders' and step.value.get('topic_partitions') is None:
            answer['replica_election_results'] = [result for result in answer['replica_election_results'] if keep(result['topic']) and not result['topic'].startswith('__')]
        elif api == 'DescribeTopicPartitions' and not step.value.get('topics'):
            answer['topics'] = [topic for topic in answer['topics'] if topic['name'] is None or keep(topic['name'])]
            answer['next_cursor'] = None  # may lie in another episode's topic
        elif api == 'DescribeClientQuotas' and answer['entries']:
            answer['entries'] = [entry for entry in answer['entries'] if all(
                keep(part['entity_name'] or '') and not self.foreign(part['entity_name'] or '') for part in entry['entity'])]
        elif api == 'DescribeLogDirs' and step.value.get('topics') is None:
            for result in answer['results']:
                result['topics'] = [topic for topic in result['topics'] if keep(topic['name']) and not topic['name'].startswith('__')]
        return answer

    def foreign(self, address):
        """Of another episode."""
        return address.startswith('10.') and address not in [steps.Address(number).resolve(self.sides[0]) for number in (1, 2)]

    # ---- the test's own questions, to both at once

    def ask_both(self, name, version, *values):
        """values: one for both, or one for each."""
        for each, value in zip(self.sides, values * (3 - len(values))):
            each.put(name, version, value)
        return [each.told(name, version) for each in self.sides]

    def all_topics(self):
        return [each.learn_topics(answer) for each, answer in zip(self.sides, self.ask_both(*side.ALL_TOPICS))]

    # ---- until both have done what they answered for

    def settle(self, step, apache):
        name = step.api.name
        if name in ('CreateTopics', 'DeleteTopics', 'CreatePartitions') or (
                name == 'Metadata' and (step.version < 4 or step.value.get('allow_auto_topic_creation', True))):
            self.settle_topics(self.expected_topics(name, step, apache))
            if name == 'DeleteTopics':
                self.settle_offsets()
        elif name in ('AlterConfigs', 'IncrementalAlterConfigs'):
            self.settle_configs(step)
        elif name == 'AlterClientQuotas':
            self.settle_quotas()
        elif name in ('EndTxn', 'InitProducerId', 'AddPartitionsToTxn', 'WriteTxnMarkers', 'TxnOffsetCommit'):
            self.settle_transactions(step)

    def expected_topics(self, name, step, apache):
        """What a Metadata request may have created: Apache answers before the topic is there."""
        if name != 'Metadata' or not isinstance(apache, dict):
            return ()
        return [topic['name'] for topic in apache['topics'] if topic['error_code'] in (3, 5) and topic['name']]

    def of_episode(self, topics):
        """Without those of other lanes."""
        return {name: count for name, count in topics.items() if name.startswith(self.sides[0].scope) or not steps.SCOPE.match(name)}

    def settle_topics(self, expected):
        def agree():
            apache, ours = map(self.of_episode, self.all_topics())
            self.topics = apache
            return apache == ours and all(name in apache for name in expected)
        wait_until(agree, 0.6 if expected else 5.0)
        wanted = {'replica_id': -1, 'topics': [
            {'name': name, 'partitions': [{'partition_index': index, 'timestamp': -1} for index in range(count)]}
            for name, count in self.topics.items()]}

        def led():
            return all(partition['error_code'] == 0 for answer in self.ask_both('ListOffsets', 5, wanted) for topic in answer['topics']
                       for partition in topic['partitions'])
        wait_until(led)

    def settle_offsets(self):
        """Offsets of a deleted topic are forgotten some time after."""
        def offsets(group):
            answers = self.ask_both('OffsetFetch', 5, *({'group_id': group.resolve(each), 'topics': None} for each in self.sides))
            return [sorted((topic['name'], partition['partition_index'], partition['committed_offset'])
                           for topic in answer['topics'] for partition in topic['partitions']) for answer in answers]
        wait_until(lambda: all(apache == ours for apache, ours in map(offsets, GROUPS)), 1.0)

    def settle_configs(self, step):
        def wanted(each):
            resources = {(resource['resource_type'], resource['resource_name'])
                         for resource in steps.resolve(step.value, each).get('resources') or ()
                         if resource['resource_type'] == 2 and resource['resource_name']}
            return {'resources': [{'resource_type': kind, 'resource_name': name, 'configuration_keys': None} for kind, name in resources]}

        def agree():
            apache, ours = ({(result['resource_name'], config['name'], config['value'], config['config_source'])
                             for result in answer['results'] for config in result['configs']}
                            for answer in self.ask_both('DescribeConfigs', 2, *map(wanted, self.sides)))
            return apache == ours
        wait_until(agree, 1.0)

    def note_member(self, result):
        """Which members have a generation whose assignment they have not asked for."""
        value = steps.resolve(result.step.value, self.sides[0])
        if result.step.api.name == 'JoinGroup':
            self.stuck.discard(result.step.value['group_id'])
            self.joined[result.apache['member_id']] = result.apache['generation_id']
        elif result.step.api.name == 'SyncGroup':
            self.synced.add((value['member_id'], value['generation_id']))

    def is_unsettled(self, group):
        """As Apache describes it: a deadline of its own lies before it."""
        waits = [member['member_id'] for member in group['members'] if member['member_id'] in self.joined]
        return group['group_state'] in UNSETTLED_STATES or any((member, self.joined[member]) not in self.synced for member in waits)

    def settle_groups(self):
        """Nothing is left that a clock decides: rebalances and the wait for assignments end by deadlines of each broker's own."""
        def unsettled():
            wanted = sorted(self.groups - self.stuck, key=repr)
            if not wanted:
                return set()
            answers = self.ask_both('DescribeGroups', 5, *({'groups': steps.resolve(wanted, each)} for each in self.sides))
            states = [{group['group_id']: (group['group_state'], len(group['members'])) for group in answer['groups']} for answer in answers]
            names = {steps.resolve(group, self.sides[0]): group for group in wanted}
            return {names[group['group_id']] for group in answers[0]['groups']
                    if states[0][group['group_id']] != states[1].get(group['group_id']) or self.is_unsettled(group)}
        if not wait_until(lambda: not unsettled(), GROUP_SECONDS):
            self.stuck |= unsettled()  # a static member is away, or one that need not hurry

    def settle_quotas(self):
        def agree():
            apache, ours = (self.own(ALL_QUOTAS, canonical.answer(ALL_QUOTAS, answer))['entries']
                            for canonical, answer in zip(self.canonicals, self.ask_both('DescribeClientQuotas', 1, ALL_QUOTAS.value)))
            return ordered(apache) == ordered(ours)
        wait_until(agree, 1.0)

    def settle_transactions(self, step):
        value = steps.resolve(step.value, self.sides[0])
        names = {value.get('transactional_id')} | {value.get('v3_and_below_transactional_id')} | {
            transaction['transactional_id'] for transaction in value.get('transactions') or ()}
        names = [name for name in names if name]
        wait_until(lambda: not names or not any(
            state['transaction_state'].startswith('Prepare') for answer in self.ask_both('DescribeTransactions', 0, {'transactional_ids': names})
            for state in answer['transaction_states']))

    def clean(self):
        """Takes away what the episode has made, as far as it costs either broker something."""
        for each, topics in zip(self.sides, self.all_topics()):
            mine = [name for name in topics if name.startswith(each.scope)]
            each.put('DeleteTopics', 5, {'topic_names': mine, 'timeout_ms': 10000})
        for each in self.sides:
            each.told('DeleteTopics', 5)
            each.main.close()
