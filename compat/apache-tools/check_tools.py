"""Apache Kafka's command-line tools do their work on the broker: each check runs some and looks at what they print.

Checks run in their order, since later ones use the topic `t` of the first.  Closing line: `N passed, N failed`.
"""
import collections
import functools
import os
import re
import subprocess
import sys
import time

import administration
import brokers
import inspection
import tool_jvm
from administration import Failed, want

TOOLS = 'org.apache.kafka.tools.'
HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'apache-tools')


# These keep what they have done in static variables, or print from threads of their own: a JVM each.
ALONE = ('ConsoleProducer', 'consumer.ConsoleConsumer', 'ProducerPerformance', 'ConsumerPerformance', 'EndToEndLatency',
         'ReplicaVerificationTool', 'StreamsResetter')


class Tools:
    def __init__(self, broker):
        self.broker, self.jvm = broker, tool_jvm.ToolJvm(os.path.join(HOME, 'jvm'))

    def words(self, tool, *arguments, server='--bootstrap-server', at_end=False):
        """The class, and its arguments."""
        server = (server, self.broker.bootstrap)
        return [tool if tool.startswith('kafka.') else TOOLS + tool, *(() if at_end else server), *map(str, arguments),
                *(server if at_end else ())]

    def command(self, *words, **where):
        return brokers.apache_java(*self.words(*words, **where))

    def outcome(self, tool, *arguments, stdin, **where):
        """(exit code, what it printed)"""
        if tool in ALONE:
            done = subprocess.run(self.command(tool, *arguments, **where), input=stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True, timeout=90)
            return done.returncode, done.stdout
        done = self.jvm.run(*self.words(tool, *arguments, **where), stdin=stdin)
        return done.code, done.out + done.err

    def run(self, tool, *arguments, stdin='', code=0, **where):
        """What it printed; a failure unless it ended with `code` (None: however it ended)."""
        ended, out = self.outcome(tool, *arguments, stdin=stdin, **where)
        self.last = '%s %s\n%s' % (tool, ' '.join(map(str, arguments)), out)
        if code is not None and ended != code:
            raise Failed('ended with %d' % ended)
        return out

    def run_until(self, text, tool, *arguments, **where):
        """For a tool that does not end by itself: what it printed until it said `text`, or for 30 seconds."""
        path = os.path.join(HOME, tool + '.out')
        if os.path.exists(path):
            os.remove(path)
        process = brokers.start_program(self.command(tool, *arguments, **where), path, HOME)
        deadline = time.monotonic() + 30
        out = ''
        while text not in out and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
            with open(path) as file:
                out = file.read()
        brokers.end_program(process)
        self.last = '%s %s\n%s' % (tool, ' '.join(map(str, arguments)), out)
        return out


def api_versions(tools):
    out = tools.run('BrokerApiVersionsCommand')
    versions = {name: (int(low), int(high)) for name, low, high in re.findall(r'(\w+)\(\d+\): (\d+)(?: to (\d+))? ', out)
                if high} or {}
    want('id: 1' in out, 'does not name broker 1')
    for name, needed in (('Produce', 9), ('Fetch', 12), ('Metadata', 12), ('OffsetCommit', 8), ('JoinGroup', 7), ('CreateTopics', 7)):
        want(name in versions and versions[name][1] >= needed, '%s is not served up to %d: %s' % (name, needed, versions.get(name)))
    want('UNSUPPORTED' not in re.sub(r'\w+\(\d+\): UNSUPPORTED', '', out), 'says UNSUPPORTED')


def topics(tools):
    topic = 'TopicCommand'
    tools.run(topic, '--create', '--topic', 't', '--partitions', 3, '--replication-factor', 1, '--config', 'retention.ms=86400000')
    tools.run(topic, '--create', '--topic', 't', '--if-not-exists')
    out = tools.run(topic, '--create', '--topic', 't', code=1)
    want("Topic 't' already exists" in out, 'does not refuse a second topic of the name')
    want(tools.run(topic, '--list').split() == ['t'], 'does not list it')
    out = tools.run(topic, '--describe', '--topic', 't')
    want('PartitionCount: 3' in out and 'ReplicationFactor: 1' in out and 'retention.ms=86400000' in out, 'does not describe it')
    want(len(re.findall(r'Partition: \d\s+Leader: 1\s+Replicas: 1\s+Isr: 1', out)) == 3, 'does not describe its partitions')


def more_partitions_and_delete(tools):
    topic = 'TopicCommand'
    tools.run(topic, '--create', '--topic', 'short-lived', '--partitions', 2)
    tools.run(topic, '--alter', '--topic', 'short-lived', '--partitions', 5)
    want('PartitionCount: 5' in tools.run(topic, '--describe', '--topic', 'short-lived'), 'has not 5 partitions')
    want('not be an increase' in tools.run(topic, '--alter', '--topic', 'short-lived', '--partitions', 3, code=1), 'shrank')
    tools.run(topic, '--delete', '--topic', 'short-lived')
    deadline = time.monotonic() + 20
    while 'short-lived' in tools.run(topic, '--list').split():
        want(time.monotonic() < deadline, 'is still there')


LINES = ['key-%d:value %d \u2b50' % (n % 50, n) for n in range(1000)]


def console_producer(tools):
    tools.run('ConsoleProducer', '--topic', 't', '--reader-property', 'parse.key=true', '--reader-property', 'key.separator=:',
              '--compression-codec', 'zstd', stdin='\n'.join(LINES) + '\n')
    out = tools.run('GetOffsetShell', '--topic', 't', '--time', -1)
    want(sum(int(line.split(':')[2]) for line in out.split()) == 1000, 'the end offsets are not 1000 in all')


def console_consumer(tools):
    out = tools.run('consumer.ConsoleConsumer', '--topic', 't', '--group', 'g', '--from-beginning', '--max-messages', 1000,
                    '--timeout-ms', 30000, '--formatter-property', 'print.key=true', '--formatter-property', 'key.separator=:')
    got = [line for line in out.split('\n') if line.startswith('key-')]
    want(sorted(got) == sorted(LINES), 'read %d lines, not the 1000 that were written' % len(got))
    for key in range(50):
        prefix = 'key-%d:' % key
        want([l for l in got if l.startswith(prefix)] == [l for l in LINES if l.startswith(prefix)], 'key %d out of order' % key)


def consumer_groups(tools):
    command = 'consumer.group.ConsumerGroupCommand'
    want('g' in tools.run(command, '--list').split(), 'does not list g')
    out = tools.run(command, '--describe', '--group', 'g')
    rows = [line.split() for line in out.split('\n') if re.match(r'g\s+t\s', line)]
    want(len(rows) == 3 and sum(int(row[3]) for row in rows) == 1000 and all(row[5] == '0' for row in rows), 'the lag is not 0')
    want(re.search(r'\bg\b.*Empty', tools.run(command, '--describe', '--group', 'g', '--state')), 'is not Empty')
    out = tools.run(command, '--reset-offsets', '--group', 'g', '--topic', 't', '--to-earliest', '--execute')
    want(len(re.findall(r'^g\s+t\s+\d\s+0', out, re.M)) == 3, 'was not reset to 0')
    out = tools.run(command, '--describe', '--group', 'g')
    want(sum(int(line.split()[5]) for line in out.split('\n') if re.match(r'g\s+t\s', line)) == 1000, 'the lag is not 1000')
    tools.run(command, '--delete-offsets', '--group', 'g', '--topic', 't:0')
    want(len(re.findall(r'^g\s+t\s', tools.run(command, '--describe', '--group', 'g'), re.M)) == 2, 'offsets of t:0 are still there')
    want('successful' in tools.run(command, '--delete', '--group', 'g'), 'was not deleted')
    want('g' not in tools.run(command, '--list').split(), 'is still listed')


def configs(tools):
    command = 'kafka.admin.ConfigCommand'
    out = tools.run(command, '--describe', '--entity-type', 'brokers', '--entity-name', 1, '--all')
    want('log.retention.hours=168' in out and 'num.partitions=3' in out, 'does not describe broker 1')
    want(re.search(r'num.partitions=3 .*STATIC_BROKER_CONFIG:num.partitions=3', out), 'does not tell where num.partitions is from')
    topic = ('--entity-type', 'topics', '--entity-name', 't')
    tools.run(command, '--alter', *topic, '--add-config', 'retention.ms=3600000,max.message.bytes=2000000')
    out = tools.run(command, '--describe', *topic)
    want('retention.ms=3600000' in out and 'max.message.bytes=2000000' in out, 'does not show what was set')
    tools.run(command, '--alter', *topic, '--delete-config', 'max.message.bytes')
    want('max.message.bytes' not in tools.run(command, '--describe', *topic), 'still shows what was deleted')
    out = tools.run(command, '--alter', *topic, '--add-config', 'retention.ms=soon', code=None)
    want('retention.ms' in out and ('Invalid' in out or 'Not a number' in out), 'does not refuse a bad value')
    out = tools.run(command, '--alter', '--entity-type', 'brokers', '--entity-name', 1, '--add-config', 'log.cleaner.threads=2')
    want('log.cleaner.threads=2' in tools.run(command, '--describe', '--entity-type', 'brokers', '--entity-name', 1),
         'does not show the dynamic broker config')


def delete_records(tools):
    path = os.path.join(HOME, 'delete.json')
    with open(path, 'w') as file:
        file.write('{"partitions":[{"topic":"t","partition":0,"offset":5}],"version":1}')
    want('low_watermark: 5' in tools.run('DeleteRecordsCommand', '--offset-json-file', path), 'the low watermark is not 5')
    want('t:0:5' in tools.run('GetOffsetShell', '--topic', 't', '--time', -2), 'the log does not start at 5')


def cluster(tools):
    want(re.search(r'Cluster ID: \S{22}', tools.run('ClusterTool', 'cluster-id', at_end=True)), 'does not tell the cluster id')
    want(re.search(r'LeaderId:\s+1\b', tools.run('MetadataQuorumCommand', 'describe', '--status')), 'does not name the leader')
    want('NodeId' in tools.run('MetadataQuorumCommand', 'describe', '--replication'), 'does not describe the replication')
    want('"partition":"t-0"' in tools.run('LogDirsCommand', '--describe', '--topic-list', 't'), 'does not describe the log directories')


CHECKS = collections.OrderedDict((check.__name__, check) for check in (
    api_versions, topics, more_partitions_and_delete, console_producer, console_consumer, consumer_groups, configs, delete_records,
    cluster))
for check in administration.CHECKS + inspection.CHECKS:
    CHECKS[check.__name__] = functools.partial(check, home=HOME)


def main():
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    make_broker.prepare()
    brokers.end_all_on_signals()
    os.makedirs(HOME, exist_ok=True)
    broker = make_broker(os.path.join(HOME, make_broker.name))
    tools = Tools(broker)
    passed = failed = 0
    try:
        broker.start()
        for name in sys.argv[1:] or CHECKS:
            start = time.monotonic()
            try:
                tools.last = ''
                CHECKS[name](tools)
                passed += 1
                print('%-28s passed %5.1f s' % (name, time.monotonic() - start), flush=True)
            except (Failed, subprocess.TimeoutExpired, LookupError, ValueError) as error:
                failed += 1
                print('%-28s FAILED: %s\n%s' % (name, error, tools.last), flush=True)
    finally:
        tools.jvm.end()
        stopped = broker.stop()
    if not stopped:
        print('the broker did not end on SIGTERM')
    print('%d passed, %d failed' % (passed, failed + (not stopped)))
    sys.exit(1 if failed or not stopped else 0)


if __name__ == '__main__':
    main()
