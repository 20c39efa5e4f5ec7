"""The programs that Apache Kafka's own system tests are made of, at work while the broker, or they themselves, are killed.

- ClientCompatibilityTest: what each API of the clients is to do;
- VerifiableProducer and VerifiableConsumer, the broker killed in between: each acknowledged value is read, in the order of its partition;
- TransactionalMessageCopier, one a partition, with random aborts, killed and started again like the broker: every message is copied
  exactly once.

The closing line is `N passed, N failed`.
"""
import json
import os
import random
import shutil
import sys
import time

import apache_tools
import brokers

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'system-tests')
TOOLS = 'org.apache.kafka.tools.'
MESSAGES = 20000
COPIED, COPY_PARTITIONS = 6000, 2
KILLS = 4


class Failed(Exception):
    pass


def want(condition, text, *values):
    if not condition:
        raise Failed(text % values)


def lines_of(path):
    """The JSON lines of a program; one that was cut off by a kill is none."""
    with open(path, errors='replace') as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue


class Programs:
    def __init__(self, kind):
        self.libs = brokers.apache_jars()
        self.broker = kind(os.path.join(HOME, kind.name))
        self.chance = random.Random(4)

    def create(self, topic, partitions):
        apache_tools.create_topic(self.libs, self.broker.bootstrap, topic, partitions)

    def start(self, log, name, *arguments):
        """Starts a program whose output goes to a file of its own; answers it and the file's path."""
        path = os.path.join(self.broker.home, log)
        command = [*apache_tools.JVM, '-cp', self.libs + '/*', TOOLS + name, *map(str, arguments)]
        return brokers.start_program(command, path, self.broker.home), path

    def kill_broker(self):
        self.broker.kill()
        time.sleep(self.chance.uniform(0, 0.5))
        self.broker.start()

    def wait(self, process, path, seconds=180):
        try:
            code = process.wait(seconds)
        except brokers.subprocess.TimeoutExpired:
            brokers.end_program(process)
            raise Failed('%s did not end in %d s' % (path, seconds)) from None
        want(code == 0, '%s ended with %d', path, code)


def client_compatibility(programs):
    answer = apache_tools.tool(
        programs.libs, TOOLS + 'ClientCompatibilityTest', '--bootstrap-server', programs.broker.bootstrap, '--topic', 'compatibility',
        '--num-cluster-nodes', 1, '--offsets-for-times-supported', 'true', '--cluster-id-supported', 'true',
        '--expect-record-too-large-exception', 'false', '--create-topics-supported', 'true', '--describe-acls-supported', 'true',
        '--describe-configs-supported', 'true', '--idempotent-producer-supported', 'true')
    want('SUCCESS' in answer, 'it said %s', answer[-2000:])


def verifiable_clients(programs):
    programs.create('verified', 3)
    bootstrap = ('--bootstrap-server', programs.broker.bootstrap, '--topic', 'verified')
    consumer, read = programs.start('verifiable-consumer.log', 'VerifiableConsumer', *bootstrap, '--group-id', 'verified', '--verbose',
                                    '--reset-policy', 'earliest', '--max-messages', MESSAGES)
    # Of itself it does not retry, and what is under way when the broker dies would fail.
    retrying = os.path.join(programs.broker.home, 'retrying.properties')
    with open(retrying, 'w') as file:
        file.write('retries=%d\n' % 0x7fffffff)
    producer, sent = programs.start('verifiable-producer.log', 'VerifiableProducer', *bootstrap, '--max-messages', MESSAGES,
                                    '--throughput', MESSAGES // 8, '--acks', '-1', '--repeating-keys', 50, '--command-config', retrying)
    for acknowledged in (MESSAGES // 8, MESSAGES // 2):
        deadline = time.monotonic() + 60
        while sum(e.get('name') == 'producer_send_success' for e in lines_of(sent)) < acknowledged:
            want(time.monotonic() < deadline, 'less than %d messages are acknowledged', acknowledged)
            time.sleep(0.2)
        programs.kill_broker()
    programs.wait(producer, sent)
    programs.wait(consumer, read)
    acked = {(e['partition'], e['offset']): e['value'] for e in lines_of(sent) if e.get('name') == 'producer_send_success'}
    records = [e for e in lines_of(read) if e.get('name') == 'record_data']
    got = {(e['partition'], e['offset']): e['value'] for e in records}
    want(len(acked) == MESSAGES, '%d of %d messages were acknowledged', len(acked), MESSAGES)
    lost = {place: value for place, value in acked.items() if got.get(place) != value}
    want(not lost, '%d acknowledged values are not where they were said to be: %s', len(lost), sorted(lost.items())[:3])
    for partition in range(3):
        values = [int(value) for (at, _), value in sorted(got.items()) if at == partition]
        want(values == sorted(values), 'partition %d is out of order', partition)


def transactional_copier(programs):
    for topic in ('original', 'copy'):
        programs.create(topic, COPY_PARTITIONS)
    bootstrap = programs.broker.bootstrap
    producer, sent = programs.start('seed.log', 'VerifiableProducer', '--bootstrap-server', bootstrap, '--topic', 'original',
                                    '--max-messages', COPIED, '--throughput', -1, '--acks', '-1')
    programs.wait(producer, sent)
    originals = {(e['partition'], e['value']) for e in lines_of(sent) if e.get('name') == 'producer_send_success'}
    left = {partition: sum(at == partition for at, _ in originals) for partition in range(COPY_PARTITIONS)}

    def start(partition):
        return programs.start('copier-%d.log' % partition, 'TransactionalMessageCopier', '--broker-list', bootstrap, '--input-topic',
                              'original', '--input-partition', partition, '--output-topic', 'copy', '--max-messages', left[partition],
                              '--consumer-group', 'copiers', '--transaction-size', 50, '--transactional-id', 'copier-%d' % partition,
                              '--transaction-timeout', 15000, '--enable-random-aborts', '--use-group-metadata')

    copiers = {partition: start(partition) for partition in left}
    for number in range(KILLS):
        time.sleep(programs.chance.uniform(2, 4))
        victim = programs.chance.choice(list(left))
        if number % 2:
            programs.kill_broker()
        elif copiers[victim][0].poll() is None:
            brokers.end_program(copiers[victim][0])
            copiers[victim] = start(victim)
    deadline = time.monotonic() + 180
    while any(process.poll() is None for process, _ in copiers.values()):
        want(time.monotonic() < deadline, 'the copiers do not come to an end')
        time.sleep(0.2)
    for partition, (process, path) in copiers.items():
        want(process.returncode == 0, '%s ended with %d', path, process.returncode)
    out = apache_tools.tool(programs.libs, TOOLS + 'consumer.ConsoleConsumer', '--bootstrap-server', bootstrap, '--topic', 'copy',
                            '--from-beginning', '--isolation-level', 'read_committed', '--timeout-ms', 8000, '--formatter-property',
                            'print.partition=true')
    copies = [tuple(line.split('\t')) for line in out.splitlines() if line.startswith('Partition:')]
    copies = [(int(partition[len('Partition:'):]), value) for partition, value in copies]
    want(len(copies) == len(set(copies)), '%d copies are double', len(copies) - len(set(copies)))
    want(set(copies) == originals, '%d messages are not copied, %d copies have no original', len(originals - set(copies)),
         len(set(copies) - originals))


CHECKS = {check.__name__: check for check in (client_compatibility, verifiable_clients, transactional_copier)}


def main():
    brokers.end_all_on_signals()
    kind = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    kind.prepare()
    shutil.rmtree(os.path.join(HOME, kind.name), ignore_errors=True)
    programs = Programs(kind)
    passed = failed = 0
    try:
        programs.broker.start()
        for name in sys.argv[1:] or CHECKS:
            start = time.monotonic()
            try:
                CHECKS[name](programs)
                passed += 1
                print('%-24s passed %5.1f s' % (name, time.monotonic() - start), flush=True)
            except (Failed, brokers.BrokerError, brokers.subprocess.TimeoutExpired) as error:
                failed += 1
                print('%-24s FAILED: %s' % (name, error), flush=True)
        if not programs.broker.stop():
            failed += 1
            print('the broker did not end on SIGTERM')
    finally:
        for process in brokers.STARTED:
            brokers.end_program(process)
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
