"""Transactions in every state, answer by answer over a plain socket, and the life of transactional producers with clients of
both kinds (before and since KIP-890), compared with what the same gave on Apache Kafka 4.3.1.  Numbers like A10 are those of
docs/anomalies.md.

What Apache answered is in apache-4.3.1.txt; with BROKER=apache and the argument --rewrite it is written anew.  Closing line:
`N passed, N failed`, an answer each.
"""
import difflib
import glob
import json
import os
import re
import subprocess
import sys
import time

import brokers
from txn_wire import Pid, Producer

HERE = os.path.dirname(os.path.abspath(__file__))
EXPECTED = os.path.join(HERE, 'apache-4.3.1.txt')
HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'transactions')
COMMIT, ABORT = True, False
EXPIRATION = 'producer.id.expiration.ms'
TOPIC, PARTITION = 'raw', [('raw', [0])]


class Transcript:
    """Lines of answers; producer ids by the order of their appearance."""

    def __init__(self):
        self.lines, self.pids = [], {}

    def __call__(self, what, answer):
        self.lines.append('%s: %s' % (what, self.plain(answer)))
        return answer

    def plain(self, value):
        if isinstance(value, Pid) and value >= 0:
            return 'pid#%d' % self.pids.setdefault(int(value), len(self.pids))
        if isinstance(value, tuple):
            return tuple(map(self.plain, value))
        return sorted(map(self.plain, value), key=str) if isinstance(value, list) else value


def wait_for_coordinator(client):
    for _ in range(300):
        if client.find_coordinator('raw', 1) == 0 and client.describe_transaction('raw')[0] == 105:
            if client.find_coordinator('group', 0) == 0:
                return
        time.sleep(0.1)
    raise brokers.BrokerError('no transaction coordinator')


def until_complete(client, id):
    """The markers are written behind the answer."""
    for _ in range(300):
        if client.describe_transaction(id)[2].startswith('Complete'):
            return
        time.sleep(0.02)
    raise brokers.BrokerError('transaction %s does not end' % id)


def without_an_id(note, one):
    while one.init(None)[0] == 14:  # Apache's answer until it has its first block of producer ids
        time.sleep(0.1)
    note('init without transactions', one.init(None)[::2])
    note('init with an empty id', one.init(''))
    note('init with no timeout', one.init('raw', timeout=0))
    note('init with a negative timeout', one.init('raw', timeout=-1))
    note('init with a long timeout', one.init('raw', timeout=900001))
    note('init with a pid alone', one.init('raw', pid=5))
    note('init with an epoch alone', one.init('raw', epoch=5))
    note('add to an unknown id', one.add(('raw', 5, 0, PARTITION, False)))
    note('verify in an unknown id', one.add(('raw', 5, 0, PARTITION, True)))
    note('add with an empty id', one.add(('', 5, 0, PARTITION, False)))
    note('verify with an empty id', one.add(('', 5, 0, PARTITION, True)))
    note('classic add to an unknown id', one.add_classic('raw', 5, 0, PARTITION))
    note('add offsets to an unknown id', one.add_offsets('raw', 5, 0, 'group'))
    note('end of an unknown id', one.end('raw', 5, 0, COMMIT))
    note('end with an empty id', one.end('', 5, 0, COMMIT))
    note('classic end of an unknown id', one.end_classic('raw', 5, 0, COMMIT))
    note('describe an unknown id', one.describe_transaction('raw'))
    note('describe an empty id', one.describe_transaction(''))


def since_kip_890(note, one):
    error, pid, epoch = note('init', one.init('raw-new'))
    note('describe', one.describe_transaction('raw-new'))
    note('commit of nothing', one.end('raw-new', pid, epoch, COMMIT))
    _, pid, epoch = note('abort of nothing', one.end('raw-new', pid, epoch, ABORT))
    until_complete(one, 'raw-new')
    note('describe', one.describe_transaction('raw-new'))
    note('its retry', one.end('raw-new', pid, epoch - 1, ABORT))
    note('commit in its stead', one.end('raw-new', pid, epoch - 1, COMMIT))
    note('add to an unknown topic', one.add(('raw-new', pid, epoch, [('none', [0]), (TOPIC, [0])], False)))
    note('add to an unknown partition', one.add(('raw-new', pid, epoch, [(TOPIC, [0, 9])], False)))
    note('add of another producer', one.add(('raw-new', pid + 1, epoch, PARTITION, False)))
    note('add of an old epoch', one.add(('raw-new', pid, epoch - 1, PARTITION, False)))
    note('add of a new epoch', one.add(('raw-new', pid, epoch + 1, PARTITION, False)))
    note('verify before', one.add(('raw-new', pid, epoch, PARTITION, True)))
    note('add', one.add(('raw-new', pid, epoch, PARTITION, False)))
    note('add again', one.add(('raw-new', pid, epoch, PARTITION, False)))
    note('two at once', one.add(('raw-new', pid, epoch, [(TOPIC, [0, 1])], True), ('raw-none', pid, 0, PARTITION, False)))
    note('verify of an old epoch', one.add(('raw-new', pid, epoch - 1, PARTITION, True)))
    note('verify of another producer', one.add(('raw-new', pid + 1, epoch, PARTITION, True)))
    note('add offsets', one.add_offsets('raw-new', pid, epoch, 'group'))
    note('state', one.describe_transaction('raw-new')[:3])
    note('commit of an old epoch', one.end('raw-new', pid, epoch - 1, COMMIT))
    note('commit of a new epoch', one.end('raw-new', pid, epoch + 1, COMMIT))
    note('commit of another producer', one.end('raw-new', pid + 1, epoch, COMMIT))
    _, pid, epoch = note('commit', one.end('raw-new', pid, epoch, COMMIT))
    until_complete(one, 'raw-new')
    note('describe', one.describe_transaction('raw-new'))
    note('commit again', one.end('raw-new', pid, epoch - 1, COMMIT))
    note('abort in its stead', one.end('raw-new', pid, epoch - 1, ABORT))
    note('commit of nothing', one.end('raw-new', pid, epoch, COMMIT))
    _, pid, epoch = note('abort of nothing', one.end('raw-new', pid, epoch, ABORT))
    until_complete(one, 'raw-new')
    return pid, epoch


def fencing(note, one, pid, epoch):
    note('add', one.add(('raw-new', pid, epoch, PARTITION, False)))
    note('init of another', one.init('raw-new'))
    until_complete(one, 'raw-new')
    note('describe', one.describe_transaction('raw-new'))
    note('commit of the first', one.end('raw-new', pid, epoch, COMMIT))
    note('add of the first', one.add(('raw-new', pid, epoch, PARTITION, False)))
    note('init of the other', one.init('raw-new'))
    note('commit of the first', one.end('raw-new', pid, epoch, COMMIT))
    note('init of the first', one.init('raw-new', pid=pid, epoch=epoch))
    note('init of the first, version 3', one.init('raw-new', pid=pid, epoch=epoch, version=3))
    note('init with another pid', one.init('raw-new', pid=pid + 1, epoch=epoch))
    error, pid, epoch = note('init, version 1', one.init('raw-new', version=1))
    _, pid, epoch = note('init of who recovers', one.init('raw-new', pid=pid, epoch=epoch))
    note('its retry', one.init('raw-new', pid=pid, epoch=epoch - 1))


def before_kip_890(note, one):
    error, pid, epoch = note('init', one.init('raw-old', version=1))
    note('commit of nothing', one.end_classic('raw-old', pid, epoch, COMMIT))
    note('abort of nothing', one.end_classic('raw-old', pid, epoch, ABORT))
    note('add to an unknown topic', one.add_classic('raw-old', pid, epoch, [('none', [0]), (TOPIC, [0])]))
    note('add of an old epoch, version 1', one.add_classic('raw-old', pid, epoch - 1, PARTITION, version=1))
    note('add of an old epoch', one.add_classic('raw-old', pid, epoch - 1, PARTITION))
    note('add', one.add_classic('raw-old', pid, epoch, PARTITION))
    note('add offsets of an old epoch, version 1', one.add_offsets('raw-old', pid, epoch - 1, 'group', version=1))
    note('end of an old epoch, version 1', one.end_classic('raw-old', pid, epoch - 1, COMMIT, version=1))
    note('end of an old epoch', one.end_classic('raw-old', pid, epoch - 1, COMMIT))
    note('commit', one.end_classic('raw-old', pid, epoch, COMMIT))
    until_complete(one, 'raw-old')
    note('describe', one.describe_transaction('raw-old'))
    note('commit again', one.end_classic('raw-old', pid, epoch, COMMIT))
    note('abort in its stead', one.end_classic('raw-old', pid, epoch, ABORT))
    note('add', one.add_classic('raw-old', pid, epoch, PARTITION))
    note('abort', one.end_classic('raw-old', pid, epoch, ABORT))
    until_complete(one, 'raw-old')
    note('abort again', one.end_classic('raw-old', pid, epoch, ABORT))
    note('commit in its stead', one.end_classic('raw-old', pid, epoch, COMMIT))


def timeout(note, one):
    error, pid, epoch = note('init', one.init('raw-late', timeout=500))
    note('add', one.add(('raw-late', pid, epoch, PARTITION, False)))
    until_complete(one, 'raw-late')
    note('describe', one.describe_transaction('raw-late'))
    note('commit', one.end('raw-late', pid, epoch, COMMIT))
    note('abort', one.end('raw-late', pid, epoch, ABORT))
    note('add', one.add(('raw-late', pid, epoch, PARTITION, False)))
    note('init of who recovers', one.init('raw-late', timeout=500, pid=pid, epoch=epoch))


def listing(note, one):
    error, pid, epoch = one.init('raw-list')
    one.add(('raw-list', pid, epoch, PARTITION, False))
    note('all', one.list_transactions())
    note('by state', one.list_transactions(states=['Ongoing', 'ongoing', 'Odd']))
    note('by a state that is none', one.list_transactions(states=['Odd']))
    note('by producer', one.list_transactions(pids=[pid]))
    note('by pattern', one.list_transactions(pattern='raw-l.*'))
    note('by part of an id', one.list_transactions(pattern='raw'))
    note('by an empty pattern', one.list_transactions(pattern=''))
    note('by what is no pattern', one.list_transactions(pattern='(('))
    note('by a long duration', one.list_transactions(states=['Ongoing'], duration=3600000))
    note('by a short duration', one.list_transactions(states=['Ongoing'], duration=0))
    one.end('raw-list', pid, epoch, ABORT)


def raw_protocol(note, broker):
    one = Producer(broker.port)
    one.call(19, 4, topic_request('raw', 2))
    wait_for_coordinator(one)
    for part in (without_an_id, since_kip_890, fencing, before_kip_890, timeout, listing):
        note.lines.append('# ' + part.__name__.replace('_', ' '))
        before = part(note, one, *(before if part is fencing else ()))


def topic_request(name, partitions):
    from wire import array, int16, int32, string
    return array([string(name) + int32(partitions) + int16(1) + array([]) + array([])]) + int32(10000) + b'\0'


RECORD = re.compile(r'keySize: (\d+) valueSize: (-?\d+) .*?key: (.*) payload: (.*)$')


def dump(note, broker):
    """The records of `__transaction_state` as Apache's own decoder reads them: those of the raw producers, id by id."""
    note.lines.append('# records')
    records = {}
    segments = sorted(glob.glob(os.path.join(broker.data, '__transaction_state-*', '*.log')))
    command = brokers.apache_java('org.apache.kafka.tools.DumpLogSegments', '--transaction-log-decoder', '--files', ','.join(segments))
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    for line in done.stdout.splitlines():
        match = RECORD.search(line)
        if match and '"raw' in match.group(3):
            records.setdefault(json.loads(match.group(3))['data']['transactionalId'], []).append(match)
    for id in sorted(records):
        for match in records[id]:
            payload = json.loads(match.group(4))
            for name, value in payload['data'].items():
                if 'Timestamp' in name and value > 0:
                    payload['data'][name] = 'time'
                if name.lower().endswith('producerid'):
                    payload['data'][name] = Pid(value)
            fields = tuple(sorted(payload['data'].items(), key=lambda item: item[0]))
            note('%s, %s + %s bytes, version %s' % (id, match.group(1), match.group(2), payload['version']), plain_lists(fields))


def plain_lists(fields):
    by_topic = lambda value: json.dumps(sorted(value, key=lambda entry: entry['topic']))
    return tuple((name, by_topic(value) if isinstance(value, list) else value) for name, value in fields)


CLIENTS = (('java 4.3.1', [os.path.join(HERE, 'java.sh'), '4.3.1']), ('java 2.8.2', [os.path.join(HERE, 'java.sh'), '2.8.2']),
           ('confluent-kafka', [os.path.join(HERE, 'python.sh')]))


def kill(note, broker):
    broker.kill()
    broker.start()


def producers(note, broker, topic):
    """A24: what is known of each producer, once its markers, which are written behind the answer, are there."""
    one = Producer(broker.port)
    note('A24 producers', until(lambda: one.describe_producers(topic), lambda known: all(start < 0 for *_, start in known)))


def forget(note, broker, topic, left):
    """A24: no producer is remembered longer than a millisecond, until none but those with an open transaction are left."""
    one = Producer(broker.port)
    one.set_broker_config(EXPIRATION, '1')
    note('A24 left', until(lambda: one.describe_producers(topic), lambda known: len(known) == int(left)))
    one.set_broker_config(EXPIRATION, None)
    until(lambda: one.broker_config(EXPIRATION), lambda value: value != '1')


ASKED = {'KILL': kill, 'PRODUCERS': producers, 'FORGET': forget}


def until(ask, fits):
    for _ in range(600):
        answer = ask()
        if fits(answer):
            return answer
        time.sleep(0.05)
    raise brokers.BrokerError('still %s' % (answer,))


def life_with_client(note, broker, name, command):
    """The program tells its steps, and asks for the broker's death, and for what else it cannot do itself, by lines of its output."""
    note.lines.append('# ' + name)
    log = open(os.path.join(HOME, name.replace(' ', '-') + '.log'), 'w')
    client = subprocess.Popen(command + [broker.bootstrap, name.replace(' ', '-')], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=log, text=True)
    brokers.STARTED.append(client)
    try:
        for line in client.stdout:
            asked, *arguments = line.split() or ['']
            if asked in ASKED:
                ASKED[asked](note, broker, *arguments)
                client.stdin.write('\n')
                client.stdin.flush()
            else:
                note.lines.append(line.rstrip())
        note('ended', client.wait(60))
    finally:
        client.kill()


def main():
    brokers.end_all_on_signals()
    kind = brokers.Apache if os.environ.get('BROKER') == 'apache' else brokers.Odradek
    kind.prepare()
    broker = kind(os.path.join(HOME, kind.name), {
        'transaction.state.log.num.partitions': 3, 'offsets.topic.num.partitions': 3,
        'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
        # How often each log looks for producers to forget: we do it once a minute in logs at rest, and whenever retention is applied.
        'producer.id.expiration.check.interval.ms': 200, 'log.retention.check.interval.ms': 200})
    for _, command in CLIENTS:
        subprocess.run(command + ['setup'], check=True)
    broker.start()
    note = Transcript()
    try:
        raw_protocol(note, broker)
        for name, command in CLIENTS:
            life_with_client(note, broker, name, command)
        broker.stop()
        dump(note, broker)
    finally:
        broker.stop()
    lines = note.lines
    if sys.argv[1:] == ['--rewrite']:
        with open(EXPECTED, 'w') as file:
            file.writelines(line + '\n' for line in lines)
    with open(EXPECTED) as file:
        expected = file.read().splitlines()
    differences = list(difflib.unified_diff(expected, lines, 'Apache Kafka 4.3.1', kind.name, n=0, lineterm=''))
    for line in differences:
        print(line)
    failed = sum(line.startswith('+') for line in differences[2:])
    print('%d passed, %d failed' % (len(lines) - failed, failed))
    sys.exit(1 if differences else 0)


main()
