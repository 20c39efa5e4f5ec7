"""Checks of the tools that administer a cluster: reassignments, elections, quotas, features, dynamic configs of every kind."""
import json
import os
import re


class Failed(Exception):
    pass


def want(condition, text):
    if not condition:
        raise Failed(text)


def write_json(home, name, value):
    path = os.path.join(home, name)
    with open(path, 'w') as file:
        json.dump(value, file)
    return path


def reassignments(tools, home):
    command = 'reassign.ReassignPartitionsCommand'
    plan = {'version': 1, 'partitions': [{'topic': 't', 'partition': number, 'replicas': [1]} for number in range(3)]}
    path = write_json(home, 'reassignment.json', plan)
    out = tools.run(command, '--reassignment-json-file', path, '--execute')
    want('Successfully started partition reassignments for t-0,t-1,t-2' in out, 'did not start')
    out = tools.run(command, '--reassignment-json-file', path, '--verify')
    want(len(re.findall(r'Reassignment of partition t-\d is completed', out)) == 3, 'is not completed')
    want('No partition reassignments found' in tools.run(command, '--list'), 'lists some')
    topics = write_json(home, 'topics.json', {'version': 1, 'topics': [{'topic': 't'}]})
    out = tools.run(command, '--topics-to-move-json-file', topics, '--broker-list', 1, '--generate')
    want('Proposed partition reassignment configuration' in out, 'proposes none')
    plan['partitions'][0]['partition'] = 9
    path = write_json(home, 'impossible.json', plan)
    want('t-9' in tools.run(command, '--reassignment-json-file', path, '--execute', code=1), 'moves what there is not')


def leader_election(tools, home):
    command = 'LeaderElectionCommand'
    want('Valid replica already elected for partitions t-0' in
         tools.run(command, '--election-type', 'preferred', '--topic', 't', '--partition', 0), 'elected anew')
    tools.run(command, '--election-type', 'unclean', '--all-topic-partitions')
    want('not exist' in tools.run(command, '--election-type', 'preferred', '--topic', 'none', '--partition', 0, code=1) or
         'No such topic' in tools.last, 'elects for a topic that there is not')


def quotas(tools, home):
    command = 'kafka.admin.ConfigCommand'
    for entity, quota in ((('clients', '--entity-name', 'c'), 'producer_byte_rate=1000'), (('users', '--entity-default'), 'request_percentage=12.5'),
                          (('ips', '--entity-name', '127.0.0.1'), 'connection_creation_rate=100')):
        tools.run(command, '--alter', '--entity-type', *entity, '--add-config', quota)
        name, value = quota.split('=')
        out = tools.run(command, '--describe', '--entity-type', *entity)
        want(re.search(r'%s=%s(\.0)?\b' % (name, re.escape(value)), out), 'does not show %s of %s' % (quota, entity[0]))
        tools.run(command, '--alter', '--entity-type', *entity, '--delete-config', name)
        want(name not in tools.run(command, '--describe', '--entity-type', *entity), 'still shows %s' % name)
    out = tools.run(command, '--alter', '--entity-type', 'clients', '--entity-name', 'c', '--add-config', 'producer_byte_rate=-1', code=1)
    want('must be greater than 0' in out, 'does not refuse a quota below 0')


def features(tools, home):
    command = 'FeatureCommand'
    level = lambda: re.search(r'Feature: transaction.version\s.*FinalizedVersionLevel: (\d)', tools.run(command, 'describe')).group(1)
    want(level() == '2', 'does not begin with transaction.version 2')
    want('can be downgraded' in tools.run(command, 'downgrade', '--feature', 'transaction.version=1', '--dry-run'), 'no dry run')
    want(level() == '2', 'was changed by a dry run')
    tools.run(command, 'downgrade', '--feature', 'transaction.version=1')
    want(level() == '1', 'was not downgraded')
    tools.run(command, 'upgrade', '--feature', 'transaction.version=2')
    want(level() == '2', 'was not upgraded')
    want('Could not upgrade' in tools.run(command, 'upgrade', '--feature', 'transaction.version=9', code=1), 'was upgraded to 9')


def client_metrics(tools, home):
    command = 'ClientMetricsCommand'
    tools.run(command, '--alter', '--name', 'm', '--metrics', 'org.apache.kafka.producer.', '--interval', 1000, '--match', 'client_id=a.*')
    want('m' in tools.run(command, '--list').split(), 'does not list it')
    out = tools.run(command, '--describe', '--name', 'm')
    want('interval.ms=1000' in out and 'client_id=a.*' in out, 'does not describe it')
    tools.run(command, '--delete', '--name', 'm')
    want('m' not in tools.run(command, '--list').split(), 'still lists it')


def dynamic_configs(tools, home):
    command = 'kafka.admin.ConfigCommand'
    for entity, config in ((('groups', '--entity-name', 'g'), 'consumer.session.timeout.ms=50000'),
                           (('brokers', '--entity-default'), 'log.cleaner.backoff.ms=14000'),
                           (('brokers', '--entity-name', 1), 'max.connections=500')):
        tools.run(command, '--alter', '--entity-type', *entity, '--add-config', config)
        want(config in tools.run(command, '--describe', '--entity-type', *entity), 'does not show %s' % config)
        tools.run(command, '--alter', '--entity-type', *entity, '--delete-config', config.split('=')[0])
        want(config not in tools.run(command, '--describe', '--entity-type', *entity), 'still shows %s' % config)
    tools.run(command, '--alter', '--entity-type', 'broker-loggers', '--entity-name', 1, '--add-config', 'root=INFO')
    want('root=INFO' in tools.run(command, '--describe', '--entity-type', 'broker-loggers', '--entity-name', 1), 'does not show the logger')
    out = tools.run(command, '--alter', '--entity-type', 'brokers', '--entity-name', 1, '--add-config', 'log.cleaner.threads=1000', code=1)
    want('at least 1MB per cleaner thread' in out, 'does not refuse what does not fit')


def without_security(tools, home):
    want('No Authorizer is configured' in tools.run('AclCommand', '--list', code=1), 'lists ACLs')


CHECKS = (reassignments, leader_election, quotas, features, client_metrics, dynamic_configs, without_security)
