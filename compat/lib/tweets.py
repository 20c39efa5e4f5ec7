"""What the Python clients' programs share: the roles of the command line, the tweets, and the two files they write.

  PROGRAM create  BOOTSTRAP TOPIC PARTITIONS
  PROGRAM produce BOOTSTRAP TOPIC CODEC TWEETS FIRST COUNT RATE ACKED
  PROGRAM consume BOOTSTRAP TOPIC GROUP RECORD STOP

TWEETS has a tweet a line, key TAB value; FIRST counts from 0; RATE is tweets a second.  ACKED gets a line for each
acknowledged tweet: index TAB partition TAB offset.  RECORD gets what the consumer lived through, in order:
  assigned TAB partitions    record TAB partition TAB offset TAB key TAB value    committed    note TAB text
A consumer ends, having committed and left its group, when the file STOP appears.
"""
import os
import sys
import threading
import time


def numbered_tweets(path, first, count, rate):
    """(index, key, value) of the tweets to send, no faster than `rate` a second."""
    start = time.monotonic()
    with open(path, encoding='utf-8') as lines:
        for index, line in enumerate(lines):
            if index < first:
                continue
            if index >= first + count:
                break
            if index % 50 == 0:
                time.sleep(max(0, start + (index - first) / rate - time.monotonic()))
            key, value = line.rstrip('\n').split('\t')
            yield index, key.encode(), value.encode()


class Acked:
    """The file of acknowledged tweets; callbacks may come from any thread."""

    def __init__(self, path):
        self.file, self.lock, self.count, self.errors = open(path, 'a'), threading.Lock(), 0, []

    def ok(self, index, partition, offset):
        with self.lock:
            self.count += 1
            self.file.write('%d\t%d\t%d\n' % (index, partition, offset))
            self.file.flush()

    def failed(self, index, error):
        with self.lock:
            self.errors.append((index, error))

    def finish(self, expected):
        for index, error in self.errors[:10]:
            print('tweet %d: %r' % (index, error), file=sys.stderr)
        if self.errors or self.count != expected:
            sys.exit('%d of %d acknowledged, %d errors' % (self.count, expected, len(self.errors)))


class Record:
    """The file of what a consumer read."""

    def __init__(self, path, stop):
        self.file, self.stop = open(path, 'a', encoding='utf-8'), stop

    def stopping(self):
        return os.path.exists(self.stop)

    def line(self, *columns):
        self.file.write('\t'.join(str(column) for column in columns) + '\n')

    def flush(self):
        self.file.flush()

    def assigned(self, partitions):
        self.line('assigned', ','.join(str(p) for p in sorted(partitions)))
        self.flush()

    def record(self, partition, offset, key, value):
        self.line('record', partition, offset, key.decode(), value.decode())

    def committed(self):
        self.line('committed')
        self.flush()

    def note(self, text):
        self.line('note', str(text).replace('\t', ' ').replace('\n', ' '))
        self.flush()


def main(create, produce, consume):
    role, bootstrap, topic, *rest = sys.argv[1:]
    if role == 'create':
        create(bootstrap, topic, int(rest[0]))
    elif role == 'produce':
        codec, path, first, count, rate, acked = rest
        results = Acked(acked)
        produce(bootstrap, topic, codec, numbered_tweets(path, int(first), int(count), float(rate)), results)
        results.finish(int(count))
    elif role == 'consume':
        group, record, stop = rest
        consume(bootstrap, topic, group, Record(record, stop))
    else:
        sys.exit(__doc__)
