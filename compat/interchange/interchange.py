"""One directory in two hands: Odradek writes, Apache Kafka 4.3.1 goes on, and back again.

Each handover ends a broker, by SIGTERM after the load has come to rest or by kill -9 under load, and starts the other one on the
same directory and ports.  After a clean one the reader must see exactly what it saw before; after either, everything that was
acknowledged must be there, at its offset, once, and nothing that was never sent.  At the end Apache's tools look at the directory.
"""
import copy
import glob
import os
import subprocess
import sys
import time

import brokers
import load
import reader
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewPartitions, NewTopic, ResourceType

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'interchange')
ARGUMENT_BYTES_MAX = 100_000  # the kernel takes 128 KiB
LOAD_SECONDS = float(os.environ.get('LOAD_SECONDS', 3))
# Rolls and compactions happen within the run; snapshots of the metadata, too.
PROPERTIES = {
    'log.roll.ms': 1500, 'log.cleaner.backoff.ms': 300, 'log.cleaner.min.cleanable.ratio': 0.01,
    'log.cleaner.dedupe.buffer.size': 8 << 20, 'offsets.topic.num.partitions': 5, 'transaction.state.log.num.partitions': 5,
    'metadata.log.max.record.bytes.between.snapshots': 3000, 'log.segment.delete.delay.ms': 1000, 'auto.create.topics.enable': 'false'}


class Wrong(Exception):
    pass


def want(condition, text, *arguments):
    if not condition:
        raise Wrong(text % arguments if arguments else text)


def admin_of(broker):
    return AdminClient({'bootstrap.servers': broker.bootstrap, 'log_level': 0})


def create_topics(broker):
    topics = [NewTopic('codec-' + codec, load.PARTITIONS, 1) for codec in load.CODECS]
    topics.append(NewTopic('stamped', load.PARTITIONS, 1,
                           config={'message.timestamp.type': 'LogAppendTime', 'compression.type': 'lz4', 'compression.lz4.level': '3'}))
    topics.append(NewTopic('transactions', load.PARTITIONS, 1))
    topics.append(NewTopic('table', 1, 1, config={'cleanup.policy': 'compact', 'segment.ms': '800', 'delete.retention.ms': '2000'}))
    admin = admin_of(broker)  # its futures come to nothing without it
    for future in admin.create_topics(topics).values():
        future.result(30)


def administrate(broker, turn):
    """Some metadata changes in each turn."""
    admin = admin_of(broker)
    admin.create_topics([NewTopic('extra-%d' % turn, 1, 1)])['extra-%d' % turn].result(30)
    admin.create_partitions([NewPartitions('extra-%d' % turn, 3)])['extra-%d' % turn].result(30)
    if turn > 1:
        admin.delete_topics(['extra-%d' % (turn - 1)])['extra-%d' % (turn - 1)].result(30)
    change = ConfigEntry('retention.ms', str(86400000 + turn), incremental_operation=AlterConfigOpType.SET)
    for future in admin.incremental_alter_configs([ConfigResource(ResourceType.TOPIC, 'codec-none',
                                                                  incremental_configs=[change])]).values():
        future.result(30)


def check_against_journal(seen, journal):
    with journal.lock:
        want(not journal.failures, 'the writer failed: %s', journal.failures[:3])
        acked, table, sent = dict(journal.acked), dict(journal.table), journal.sent
        commits = dict(journal.commits)
        present = {}
        for place, (found, _) in seen['records'].items():
            if place[0] in ('table', 'transactions') or place[0].startswith('extra-'):
                continue
            last = -1
            for offset, _, _, mark, _, key, value in found:
                want(offset > last, '%s: offset %d behind %d', place, offset, last)
                last = offset
                want(mark in sent, '%s: at %d a record that was never sent: %s=%s', place, offset, key, value)
                want(mark not in present, '%s: at %d what is also at %s: %s=%s', place, offset, present.get(mark), key, value)
                present[mark] = (place, offset)
        for place, records in acked.items():
            for offset, mark in records.items():
                want(present.get(mark) == (place, offset), '%s: acknowledged at %d, found at %s', place, offset, present.get(mark))
    seen_in_transactions = {entry[3] for place, (found, _) in seen['records'].items() if place[0] == 'transactions' and len(place) == 2
                            for entry in found}
    want(journal.committed <= seen_in_transactions, 'records of %d committed transactions are not read',
         len(journal.committed - seen_in_transactions))
    want(seen_in_transactions <= journal.committed, 'records of aborted or open transactions are read')
    last = {}
    for offset, _, _, mark, _, key, value in seen['records']['table', 0][0]:
        want(mark in journal.sent, 'table: at %d a record that was never sent: %s=%s', offset, key, value)
        last[key] = (offset, mark)
    for key, (offset, value) in table.items():
        if key not in last:
            want(value is None, 'table: %s, acknowledged at %d, is gone', key, offset)
        else:
            want(last[key][0] > offset or last[key] == (offset, load.digest(key, value)),
                 'table: %s acknowledged at %d, found at %d', key, offset, last[key][0])
    for (group, topic, partition), offset in commits.items():
        state, offsets = seen['groups'].get(group, (None, {}))
        want(offsets.get((topic, partition), (None,))[0] == offset, '%s has committed %s-%d %d, found %s (%s)', group, topic, partition,
             offset, offsets.get((topic, partition)), state)


def difference(before, after):
    """The first thing that differs; the table may have been compacted meanwhile."""
    for part in ('topics', 'groups'):
        for name in sorted(set(before[part]) | set(after[part])):
            if before[part].get(name) != after[part].get(name):
                return '%s: %s, then %s' % (name, before[part].get(name), after[part].get(name))
    for place, (found, marks) in before['records'].items():
        now, marks_now = after['records'][place]
        if place[0] == 'table':
            kept = {entry[0]: entry for entry in found}
            for entry in now:
                if kept.get(entry[0]) != entry:
                    return '%s: %s, then %s' % (place, kept.get(entry[0]), entry)
            now, marks_now = found, marks if marks_now[1] == marks[1] else marks_now
        if marks != marks_now:
            return '%s: watermarks %s, then %s' % (place, marks, marks_now)
        for one, other in zip(found, now):
            if one != other:
                return '%s: %s, then %s' % (place, one, other)
        if len(found) != len(now):
            return '%s: %d records, then %d' % (place, len(found), len(now))
    return None


def hand_over(giver, taker, clean, writer, transactions, journal, turn):
    writer.resume()
    transactions.run(6)
    administrate(giver, turn)
    load.work_in_groups(giver.bootstrap, journal)
    transactions.begin()
    transactions.run(3)
    time.sleep(LOAD_SECONDS)
    before, known = None, {group for group, _, _ in journal.commits}
    if clean:
        writer.pause()
        before = reader.everything(giver.bootstrap, known)
        want(giver.stop(), '%s did not stop cleanly; see %s', giver.name, giver.log)
    else:
        giver.kill()
    taker.start()
    if not clean:
        # The writer goes on by itself.
        acked = journal.acked_count()
        deadline = time.monotonic() + 60
        while journal.acked_count() < acked + 300:
            want(time.monotonic() < deadline, 'no record is acknowledged any more')
            time.sleep(0.1)
        writer.pause()
    after = reader.everything(taker.bootstrap, known)
    check_against_journal(after, journal)
    if clean:
        found = difference(before, after)
        want(found is None, '%s', found)
    # The one that was open meanwhile.
    transactions.finish(commit=turn % 2 == 1)
    return sum(len(found) for found, _ in after['records'].values())


def java(*arguments):
    done = subprocess.run(brokers.apache_java(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
    return done.returncode, done.stdout


def tools_on_the_broker(broker):
    for how, wanted in (('--status', ('ClusterId:', 'LeaderId: 1', 'CurrentVoters:')),
                        ('--replication', ('NodeId', 'Leader'))):
        code, out = java('org.apache.kafka.tools.MetadataQuorumCommand', '--bootstrap-server', broker.bootstrap, 'describe', how)
        want(code == 0 and all(text in ' '.join(out.split()) for text in wanted), 'MetadataQuorumCommand describe %s: %s', how, out)


def tools_on_the_directory(broker):
    code, out = java('kafka.tools.StorageTool', 'info', '-c', broker.config)
    want(code == 0 and 'Found log directory' in out and 'Found metadata' in out, 'StorageTool info: %d %s', code, out)
    snapshots = [path for path in glob.glob(os.path.join(broker.data, '__cluster_metadata-0', '*.checkpoint'))
                 if not path.endswith('00000000000000000000-0000000000.checkpoint')]
    want(snapshots, 'there is no snapshot of the metadata')
    for _ in range(5):  # it looks as soon as the snapshot is read, and at times before it has been taken over: then it prints nothing
        code, out = java('org.apache.kafka.shell.MetadataShell', '--snapshot', max(snapshots), 'ls', '/image/topics/byName')
        if code != 0 or 'table' in out:
            break
    want(code == 0 and 'codec-zstd' in out and 'table' in out, 'MetadataShell on a snapshot: %d %s', code, out)
    files = [path for path in glob.glob(os.path.join(broker.data, '*-[0-9]*', '*'))
             if path.endswith(('.log', '.index', '.timeindex', '.snapshot', '.txnindex')) and os.path.getsize(path)
             and '/__cluster_metadata' not in path]
    for some in in_arguments(files):
        dump(some)
    return len(files)


def in_arguments(paths):
    """Of so many bytes that each, with its commas, is an argument of a program."""
    some, size = [], 0
    for path in paths:
        if size + len(path) > ARGUMENT_BYTES_MAX:
            yield some
            some, size = [], 0
        some.append(path)
        size += len(path) + 1
    if some:
        yield some


def dump(files):
    code, out = java('org.apache.kafka.tools.DumpLogSegments', '--deep-iteration', '--skip-record-metadata', '--files', ','.join(files))
    complaints = [line for line in out.split('\n') if 'isvalid: false' in line or 'Mismatches' in line or 'xception' in line
                  or 'ERROR' in line or 'out of order' in line]
    want(code == 0 and not complaints, 'DumpLogSegments: %d %s', code, '\n'.join(complaints[:10]) or out[-1000:])


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 2
    for kind in brokers.BROKERS.values():
        kind.prepare()
    brokers.end_all_on_signals()
    ours = brokers.Odradek(HOME, PROPERTIES.items())
    theirs = brokers.Apache.__new__(brokers.Apache)
    theirs.__dict__.update(copy.copy(ours.__dict__))
    ours.log, theirs.log = os.path.join(HOME, 'odradek.log'), os.path.join(HOME, 'apache.log')
    ours.start()
    create_topics(ours)
    journal = load.Journal()
    writer = load.Writer(ours.bootstrap, journal)
    transactions = load.Transactions(ours.bootstrap, journal)
    passed, handovers = 0, 2 * rounds
    try:
        giver, taker = ours, theirs
        for turn in range(1, handovers + 1):
            clean = (turn - 1) // 2 % 2 == 0
            started = time.monotonic()
            count = hand_over(giver, taker, clean, writer, transactions, journal, turn)
            passed += 1
            print('%2d  %-8s %-8s -> %-8s %7d records, %.1f s' % (turn, 'stopped' if clean else 'killed', giver.name, taker.name, count,
                                                                  time.monotonic() - started), flush=True)
            giver, taker = taker, giver
        tools_on_the_broker(ours)
        want(ours.stop(), 'odradek did not stop cleanly')
        print('Apache\'s tools read the quorum, the snapshot and %d files' % tools_on_the_directory(ours), flush=True)
        passed += 1
    except (Wrong, AssertionError, KafkaException) as wrong:
        print('FAILED in turn %d: %s' % (passed + 1, wrong), flush=True)
    finally:
        for broker in (ours, theirs):
            if broker.process is not None:
                broker.kill()
    print('%d passed, %d failed' % (passed, handovers + 1 - passed))
    sys.exit(0 if passed == handovers + 1 else 1)


if __name__ == '__main__':
    main()
