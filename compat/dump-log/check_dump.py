"""DumpLogSegments --deep-iteration over every segment, index and snapshot of tweets, __consumer_offsets and __cluster_metadata.

What the tool prints is held against the lines that it prints of sound files: anything else (a mismatch, a batch that is not
valid, an exception, a record that its decoder does not know) is a complaint.  Offsets must follow each other without a hole.
Without DATA_DIR the data of the newest story of 20,000 tweets is taken; if there is none, one is told first.
"""
import collections
import glob
import os
import re
import subprocess
import sys

import brokers
import story

TWEETS = 20000
NUMBER = r'-?\d+'
SOUND = [re.compile(pattern) for pattern in (
    r'Dumping \S+$', r'Log starting offset: \d+$', r'KRaft bootstrap snapshot$', r'Snapshot end offset: \d+, epoch: \d+$',
    r'baseOffset: \d+ lastOffset: \d+ count: \d+ .* magic: 2 compresscodec: \w+ crc: \d+ isvalid: true$',
    r'offset: \d+ position: \d+$', r'timestamp: \d+ offset: \d+$',
    r'producerId: \d+ producerEpoch: \d+ coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty lastTimestamp: .*$')]
RECORD = re.compile(r'\| offset: (\d+) (?:CreateTime|LogAppendTime): \d+ keySize: (%s) valueSize: (%s) sequence: %s headerKeys: \[.*?\](.*)$'
                    % (NUMBER, NUMBER, NUMBER))

# What a decoder prints of a record that it knows.
DECODED = {
    'tweets': re.compile(r'$'),
    '__consumer_offsets': re.compile(r' key: \{"type":"\d+","data":\{.*\}\} payload: (?:null|\{"version":"\d+","data":\{.*\}\})$'),
    '__cluster_metadata': re.compile(r' (?:payload: \{"type":"[A-Z_]+_RECORD","version":\d+,"data":\{.*\}\}'
                                     r'|(?:LeaderChange|SnapshotHeader|SnapshotFooter|KRaftVersion|KRaftVoters):? \{.*\})$'),
}
DECODERS = {'__consumer_offsets': ['--offsets-decoder'], '__cluster_metadata': ['--cluster-metadata-decoder']}


def files_of(data, topic):
    found = []
    for folder in sorted(glob.glob(os.path.join(data, topic + '-*'))):
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if name.endswith(('.log', '.index', '.timeindex', '.snapshot', '.checkpoint')) and os.path.getsize(path):
                found.append(path)
    if topic == '__cluster_metadata' and os.path.exists(os.path.join(data, 'bootstrap.checkpoint')):
        found.append(os.path.join(data, 'bootstrap.checkpoint'))
    return found


def complaints(topic, output, counts):
    """The lines that sound files do not give, and holes between records."""
    following, log = None, False
    for line in output.split('\n'):
        if line.startswith('Dumping '):
            following, log = None, line.endswith('.log')
            counts['files'] += 1
        record = RECORD.match(line)
        if record:
            counts['records'] += 1
            offset = int(record.group(1))
            if following is not None and log and offset != following:
                yield 'after offset %d comes %s' % (following - 1, line)
            following = offset + 1
            if not DECODED[topic].match(record.group(4)):
                yield line
        elif line and not any(sound.match(line) for sound in SOUND):
            yield line
        elif line.startswith(('offset: ', 'timestamp: ')):
            counts['index entries'] += 1
        elif line.startswith('baseOffset: '):
            counts['batches'] += 1


def dump(files, decoder):
    command = brokers.apache_java('org.apache.kafka.tools.DumpLogSegments', '--deep-iteration', *decoder, '--files', ','.join(files))
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', timeout=180)
    return done.stdout + ('' if done.returncode == 0 else '\nended with %d' % done.returncode)


def check(data):
    failed = 0
    for topic in DECODED:
        counts = collections.OrderedDict((name, 0) for name in ('files', 'batches', 'records', 'index entries'))
        files = files_of(data, topic)
        found = list(complaints(topic, dump(files, DECODERS.get(topic, [])), counts)) if files else ['no files']
        if not found and (not counts['records'] or topic == 'tweets' and counts['records'] < TWEETS + story.LATER_TWEETS):
            found = ['only %d records' % counts['records']]
        print('%-20s %s: %s' % (topic, 'COMPLAINTS' if found else 'sound',
                                ', '.join('%d %s' % (count, name) for name, count in counts.items())), flush=True)
        for line in found[:20]:
            print('  ' + line[:300])
        failed += bool(found)
    return failed


def newest_whole_story():
    """Its data, or None.  Some clients of the matrix tell a shorter one."""
    with open(os.path.join(brokers.ROOT, 'compat', 'clients.tsv')) as file:
        clients = [line.split('\t') for line in file if not line.startswith('#')]
    folder = os.path.join(brokers.ROOT, 'build', 'compat', 'story', os.environ.get('BROKER', 'odradek'))
    found = [path for name, version, _, _, tweets, *_ in clients if int(tweets) == TWEETS
             for path in glob.glob(os.path.join(folder, '%s-%s' % (name, version), 'broker', 'data'))]
    return max(found, key=os.path.getmtime, default=None)


def main():
    folders = sys.argv[1:]
    if not folders:
        if not newest_whole_story():
            subprocess.run([sys.executable, os.path.join(brokers.ROOT, 'compat', 'matrix.py'), 'confluent-kafka'], check=True)
        folders = [newest_whole_story()]
    failed = 0
    for folder in folders:
        print(os.path.relpath(folder, brokers.ROOT))
        failed += check(folder)
    print('%d passed, %d failed' % (len(DECODED) * len(folders) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
