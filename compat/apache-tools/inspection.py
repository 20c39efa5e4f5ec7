"""Checks of the tools that load a cluster, measure it, and list what is going on in it."""
import os
import re

from administration import want


def producer_performance(tools, home):
    tools.run('TopicCommand', '--create', '--topic', 'load', '--partitions', 1, '--replication-factor', 1)
    out = tools.run('ProducerPerformance', '--topic', 'load', '--num-records', 20000, '--record-size', 100, '--throughput', -1,
                    '--command-property', 'acks=all')
    want('20000 records sent' in out, 'did not send all')


def consumer_performance(tools, home):
    out = tools.run('ConsumerPerformance', '--topic', 'load', '--num-records', 20000, '--timeout', 20000)
    header, line = out.strip().split('\n')[-2:]
    read = dict(zip(header.split(', '), line.split(', ')))
    want(int(read['data.consumed.in.nMsg']) == 20000, 'did not read all')


def end_to_end_latency(tools, home):
    tools.run('TopicCommand', '--create', '--topic', 'latency', '--partitions', 1, '--replication-factor', 1)
    out = tools.run('EndToEndLatency', '--topic', 'latency', '--num-records', 200, '--producer-acks', 'all', '--record-size', 100)
    want(re.search(r'Avg latency: [\d.]+ ms', out), 'has no average')


def replica_verification(tools, home):
    out = tools.run_until('max lag is 0 for partition load-0', 'ReplicaVerificationTool', '--topics-include', 'load', '--max-wait-ms', 500,
                          '--report-interval-ms', 1000, '--time', -1, server='--broker-list')
    want('max lag is 0 for partition load-0' in out, 'does not find the only replica in sync with itself')


def groups_of_every_kind(tools, home):
    for _ in range(2):  # the first reads, the second finds its offsets
        tools.run('consumer.ConsoleConsumer', '--topic', 'load', '--group', 'listed', '--from-beginning', '--max-messages', 10,
                  '--timeout-ms', 30000)
    want(re.search(r'^listed\s+Classic\s+consumer\b', tools.run('GroupsCommand', '--list'), re.M), 'does not list the group')
    want('listed' in tools.run('GroupsCommand', '--list', '--consumer').split(), 'is no group of consumers')
    for command in ('consumer.group.ShareGroupCommand', 'streams.StreamsGroupCommand'):
        want('listed' not in tools.run(command, '--list').split(), 'is listed by %s' % command)


def streams_reset(tools, home):
    out = tools.run('StreamsResetter', '--application-id', 'listed', '--input-topics', 'load', '--dry-run')
    want('Following input topics offsets will be reset' in out and 'Topic: load Partition: 0 Offset: 0' in out, 'would not reset load')


def transactions(tools, home):
    command = 'TransactionsCommand'
    want(re.search(r'TransactionalId\s+Coordinator\s+ProducerId\s+TransactionState', tools.run(command, 'list')), 'has no table')
    out = tools.run(command, 'describe-producers', '--topic', 'load', '--partition', 0)
    want(re.search(r'^\d+\s+0\s+-?\d+\s+\d+\s+\d{13}\s+None', out, re.M), 'does not describe the idempotent producer')
    want(re.search(r'Topic\s+Partition', tools.run(command, 'find-hanging', '--broker-id', 1)), 'has no table of those that hang')
    out = tools.run(command, 'describe', '--transactional-id', 'nobody', code=1)
    want('nobody' in out, 'does not say who is not there')


def endpoints(tools, home):
    out = tools.run('ClusterTool', 'list-endpoints', at_end=True)
    want(re.search(r'^1\s+127\.0\.0\.1\s+%d\b' % tools.broker.port, out, re.M), 'does not list broker 1')


def releases(tools, home):
    out = tools.run('FeatureCommand', 'version-mapping', '--release-version', '4.3')
    want(re.search(r'^metadata\.version=30 \(4\.3', out, re.M), 'does not know 4.3')
    out = tools.run('FeatureCommand', 'describe')
    want(re.search(r'Feature: metadata.version\s+SupportedMinVersion: 3.3-IV3\s+SupportedMaxVersion: 4.3-IV\d', out),
         'supports other metadata versions than Apache Kafka')


def delegation_tokens(tools, home):
    config = os.path.join(home, 'admin.properties')
    open(config, 'w').close()
    out = tools.run('DelegationTokenCommand', '--describe', '--command-config', config, code=1)
    want('DelegationToken' in out, 'describes tokens on a listener without security')


CHECKS = (producer_performance, consumer_performance, end_to_end_latency, replica_verification, groups_of_every_kind, streams_reset,
          transactions, endpoints, releases, delegation_tokens)
