"""Apache Kafka and Odradek side by side: a step goes to both, and what became of it is compared."""
import time

import exceptions
import schema
import side
import steps
from canonical import Canonical, differences, merged, ordered, place
from side import CLOSED, wait_until
from world import GROUPS

TOGETHER_SECONDS = 0.03  # between requests that are sent at once, so that they arrive in their order
CONCURRENT_TRANSACTIONS, CONCURRENT_SECONDS = 51, 0.5
EVERY_BROKER_TOPIC = ('__consumer_offsets', '__transaction_state')


class Result:
    def __init__(self, step, apache, differences_, used, reordered, place_):
        self.place = place_
        self.step, self.apache, self.differences, self.used, self.reordered = step, apache, differences_, used, reordered


class Pair:
    def __init__(self, apache, ours):
        self.sides = (side.Side(apache), side.Side(ours))
        self.canonicals = tuple(map(Canonical, self.sides))
        self.topics = {}

    def begin(self, scope):
        for each in self.sides:
            each.begin(scope)
            each.topics()
        self.topics = {}

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
        apache, ours = (self.own(step, canonical.answer(step, answer)) for canonical, answer in zip(self.canonicals, answers))
        found, used, reordered = [], set(), False
        if step.compared and apache != ours:
            left, right = ordered(merged(apache)), ordered(merged(ours))
            reordered = left == right
            for difference in differences(left, right):
                difference.answers = left, right
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
        elif api == 'DescribeLogDirs' and step.value.get('topics') is None:
            for result in answer['results']:
                result['topics'] = [topic for topic in result['topics'] if keep(topic['name']) and not topic['name'].startswith('__')]
        return answer

    # ---- until both have done what they answered for

    def settle(self, step, apache):
        name = step.api.name
        if name in ('CreateTopics', 'DeleteTopics', 'CreatePartitions') or (
                name == 'Metadata' and step.value.get('allow_auto_topic_creation', True)):
            self.settle_topics(self.expected_topics(name, step, apache))
            if name == 'DeleteTopics':
                self.settle_offsets()
        elif name in ('AlterConfigs', 'IncrementalAlterConfigs'):
            self.settle_configs(step)
        elif name in ('EndTxn', 'InitProducerId', 'AddPartitionsToTxn', 'WriteTxnMarkers', 'TxnOffsetCommit'):
            self.settle_transactions(step)

    def expected_topics(self, name, step, apache):
        """What a Metadata request may have created: Apache answers before the topic is there."""
        if name != 'Metadata' or not isinstance(apache, dict):
            return ()
        return [topic['name'] for topic in apache['topics'] if topic['error_code'] in (3, 5) and topic['name']]

    def settle_topics(self, expected):
        def agree():
            apache, ours = (each.topics() for each in self.sides)
            self.topics = apache
            return apache == ours and all(name in apache for name in expected)
        wait_until(agree, 0.6 if expected else 5.0)
        own = {name: count for name, count in self.topics.items() if name.startswith(self.sides[0].scope) or not steps.SCOPE.match(name)}
        wanted = {'replica_id': -1, 'topics': [
            {'name': name, 'partitions': [{'partition_index': index, 'timestamp': -1} for index in range(count)]}
            for name, count in own.items()]}

        def led():
            answers = [each.ask('ListOffsets', 5, wanted) for each in self.sides]
            return all(partition['error_code'] == 0 for answer in answers for topic in answer['topics']
                       for partition in topic['partitions'])
        wait_until(led)

    def settle_offsets(self):
        """Offsets of a deleted topic are forgotten some time after."""
        def offsets(each):
            answers = [each.ask('OffsetFetch', 5, {'group_id': group.resolve(each), 'topics': None}) for group in GROUPS]
            return [sorted((topic['name'].replace(each.scope, ''), partition['partition_index'], partition['committed_offset'])
                           for topic in answer['topics'] for partition in topic['partitions']) for answer in answers]
        wait_until(lambda: offsets(self.sides[0]) == offsets(self.sides[1]), 1.0)

    def settle_configs(self, step):
        def configs(canonical, each):
            resources = {(resource['resource_type'], resource['resource_name'])
                         for resource in steps.resolve(step.value, each).get('resources') or ()
                         if resource['resource_type'] == 2 and resource['resource_name']}
            answer = each.ask('DescribeConfigs', 2, {'resources': [
                {'resource_type': kind, 'resource_name': name, 'configuration_keys': None} for kind, name in resources]})
            return {(result['resource_name'].replace(each.scope, ''), config['name'], config['value'], config['config_source'])
                    for result in answer['results'] for config in result['configs']}
        wait_until(lambda: configs(self.canonicals[0], self.sides[0]) == configs(self.canonicals[1], self.sides[1]), 1.0)

    def settle_transactions(self, step):
        def idle(each):
            value = steps.resolve(step.value, each)
            names = {value.get('transactional_id')} | {value.get('v3_and_below_transactional_id')} | {
                transaction['transactional_id'] for transaction in value.get('transactions') or ()}
            names = [name for name in names if name]
            if not names:
                return True
            answer = each.ask('DescribeTransactions', 0, {'transactional_ids': names})
            return not any(state['transaction_state'].startswith('Prepare') for state in answer['transaction_states'])
        wait_until(lambda: all(map(idle, self.sides)))

    def clean(self):
        """Takes away what the episode has made, as far as it costs either broker something."""
        for each in self.sides:
            mine = [name for name in each.topics() if name not in EVERY_BROKER_TOPIC]
            if mine:
                each.ask('DeleteTopics', 5, {'topic_names': mine, 'timeout_ms': 10000})
        self.sides[0].main.close()
        self.sides[1].main.close()

