"""The tweets story: what a user does with a Kafka broker on an eventful day, told with any client.

A producer writes some 20,000 keyed JSON tweets to `tweets` (3 partitions, acks=all), a share of them with each codec that the
client has.  Two consumers of one group read them; a third joins while the producer writes; the broker is killed with -9 and
started again; the first consumer leaves.  When everything acknowledged has been read, all consumers commit and leave.  Two
others start, 300 more tweets are written, and those are all that they may see.  Where the client is only a producer, or to mix eras, another one reads.

What must hold (check_*):
- every acknowledged tweet is read, with the bytes that were sent, at the place that was acknowledged;
- nothing is read that was not sent, and a partition's offsets have no hole;
- the first appearance of each tweet in its partition is in the order of its key; with an idempotent producer it is the only one;
- a consumer's offsets go forward for as long as it holds a partition;
- after clean commits and a restart of all consumers nothing is read twice.
"""
import collections
import json
import os
import subprocess
import time

import brokers

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOPIC, GROUP, PARTITIONS = 'tweets', 'readers', 3
LATER_TWEETS, USERS = 300, 500
WRITING_SECONDS = 8  # slow enough that the events fall in the middle
WORDS = 'thread spool star flat broken knotted laughter leaves staircase lobby house father children outlive'.split()

# `tweets` it writes; `reader` reads them, a Client too, or None: itself.  `oracle`: the release of Apache that serves it.
Client = collections.namedtuple('Client', 'name version codecs idempotent tweets oracle reader')
Read = collections.namedtuple('Read', 'partition offset key value')


class StoryError(Exception):
    """The story did not go as it must."""


def expect(condition, text, *values):
    if not condition:
        raise StoryError(text % values if values else text)


def tweet(index):
    user = 'user-%d' % (index * 7919 % USERS)
    text = ' '.join(WORDS[(index * (n + 3) + n) % len(WORDS)] for n in range(8 + index % 12))
    value = {'id': index, 'user': user, 'sequence': index // USERS, 'text': 'Odradek \u2014 %s \u2b50 #%d' % (text, index % 97)}
    return user, json.dumps(value, ensure_ascii=False)


class Story:
    def __init__(self, client, broker, home):
        self.client, self.broker, self.home = client, broker, home
        self.programs = []  # all that were started, to be ended whatever happens
        self.count = client.tweets
        self.tweets = [tweet(index) for index in range(self.count + LATER_TWEETS)]
        self.tweets_file = os.path.join(home, 'tweets.tsv')
        self.notes = []
        os.makedirs(home, exist_ok=True)
        with open(self.tweets_file, 'w', encoding='utf-8') as file:
            file.writelines('%s\t%s\n' % pair for pair in self.tweets)

    # ---- programs of the client

    def program(self, name, role, *arguments):
        client = self.client.reader if role == 'consume' and self.client.reader else self.client
        command = [os.path.join(ROOT, 'compat', client.name, 'run.sh'), client.version, role, *map(str, arguments)]
        process = brokers.start_program(command, os.path.join(self.home, name + '.log'), ROOT)
        self.programs.append(process)
        return process

    def start_consumer(self, name):
        return Consumer(name, self)

    def produce(self, name, codec, first, count, rate):
        acked = os.path.join(self.home, 'acked')
        return self.program(name, 'produce', self.broker.bootstrap, TOPIC, codec, self.tweets_file, first, count, rate, acked)

    def wait(self, what, done, seconds, alive=()):
        deadline = time.monotonic() + seconds
        while True:
            value = done()
            if value:
                return value
            for consumer in alive:
                expect(consumer.process.poll() is None, 'consumer %s ended early; see %s', consumer.name, self.home)
            self.broker.check_alive()
            expect(time.monotonic() < deadline, 'waited %d s for %s; see %s', seconds, what, self.home)
            time.sleep(0.1)

    # ---- what has happened so far

    def progress(self):
        """Acknowledged tweets; kcat's lines that only say "one more" count while its program runs."""
        try:
            with open(os.path.join(self.home, 'acked'), 'rb') as file:
                lines = file.read().split(b'\n')[:-1]
        except FileNotFoundError:
            return 0
        anonymous = sum(line == b'+' for line in lines)
        return max(anonymous, len(lines) - anonymous)

    def acked(self):
        """index -> (partition, offset), -1 where the client does not tell."""
        result = {}
        with open(os.path.join(self.home, 'acked')) as file:
            for line in file:
                if line != '+\n':
                    index, partition, offset = map(int, line.split())
                    result[index] = (partition, offset)
        return result

    # ---- the story

    def run(self):
        try:
            self.first_day()
            self.next_day()
            expect(self.broker.stop(), 'the broker did not end on SIGTERM')
        finally:
            for process in self.programs:
                brokers.end_program(process)
            self.broker.stop()
        return '; '.join(self.notes)

    def first_day(self):
        expect(self.program('create', 'create', self.broker.bootstrap, TOPIC, PARTITIONS).wait(60) == 0,
               'the topic was not created; see %s', self.home)
        first, second = self.start_consumer('first'), self.start_consumer('second')
        self.wait('both consumers to share the partitions', lambda: covers([first, second]), 60, [first, second])
        third = self.write_through_events(first, [second])
        everyone = [first, second, third]
        acked = self.acked()
        expect(len(acked) == self.count, '%d of %d tweets were acknowledged', len(acked), self.count)
        self.wait('all acknowledged tweets to be read', lambda: len(values(everyone)) >= self.count, 60, [second, third])
        for consumer in (second, third):
            consumer.stop()
        expect(all(consumer.records for consumer in everyone), 'a consumer read nothing: %s',
               ', '.join('%s %d' % (c.name, len(c.records)) for c in everyone))
        self.check_read(everyone, acked)

    def write_through_events(self, first, others):
        """Writes all tweets, a part a codec; a part waits until the events before it are over.  Returns the third consumer."""
        parts = max(4, len(self.client.codecs))
        third = None
        for part in range(parts):
            start, end = self.count * part // parts, self.count * (part + 1) // parts
            codec = self.client.codecs[part % len(self.client.codecs)]
            if part == 1:
                self.wait('the third consumer to get a partition', lambda: third.holds(), 60, [first, *others, third])
            producer = self.produce('producer', codec, start, end - start, self.count / WRITING_SECONDS)
            event = {0: 'join', parts // 2: 'kill', parts - 1: 'leave'}.get(part)
            if event:
                self.wait('tweets with codec ' + codec, lambda: self.progress() > (start + end) // 2 or producer.poll() is not None, 60)
            if event == 'join':
                third = self.start_consumer('third')
            elif event == 'kill':
                self.broker.kill()
                self.broker.start()
            elif event == 'leave':
                first.stop()
            code = self.wait('the producer with codec ' + codec, lambda: producer.poll() is not None and [producer.returncode], 90)
            expect(code == [0], 'the producer with codec %s ended with %s; see %s', codec, code, self.home)
        return third

    def next_day(self):
        fourth, fifth = self.start_consumer('fourth'), self.start_consumer('fifth')
        later = [fourth, fifth]
        self.wait('the next consumers to share the partitions', lambda: covers(later), 60, later)
        producer = self.produce('producer', self.client.codecs[-1], self.count, LATER_TWEETS, 10000)
        expect(producer.wait(60) == 0, 'the producer of the later tweets ended with %s; see %s', producer.returncode, self.home)
        self.wait('the later tweets to be read', lambda: len(values(later)) >= LATER_TWEETS, 60, later)
        for consumer in later:
            consumer.stop()
        wanted = collections.Counter(value for _, value in self.tweets[self.count:])
        got = collections.Counter(read.value for consumer in later for read in consumer.records)
        again = sum((got - wanted).values())
        expect(again == 0, '%d tweets were read again after a clean restart of all consumers', again)
        expect(not wanted - got, '%d of the later tweets were not read', sum((wanted - got).values()))

    # ---- what must hold

    def check_read(self, consumers, acked):
        sent = {value: index for index, (_, value) in enumerate(self.tweets[:self.count])}
        log = {}
        reads = 0
        for consumer in consumers:
            consumer.check_forward()
            for read in consumer.records:
                reads += 1
                index = sent.get(read.value)
                expect(index is not None, 'read what nobody sent: %s', read)
                expect(read.key == self.tweets[index][0], 'tweet %d has the key %s', index, read.key)
                place = (read.partition, read.offset)
                expect(log.setdefault(place, index) == index, 'partition %d offset %d is tweet %d and tweet %d',
                       *place, log[place], index)
        self.check_log(log)
        found = set(log.values())
        missing = [index for index in acked if index not in found]
        expect(not missing, '%d acknowledged tweets were not read, first %s', len(missing), missing[:5])
        for index, (partition, offset) in acked.items():
            expect(offset < 0 or log.get((partition, offset)) == index, 'tweet %d was acknowledged at partition %d offset %d, '
                   'where %s is', index, partition, offset, log.get((partition, offset)))
        self.notes.append('%d read again at rebalances' % (reads - len(log)))

    def check_log(self, log):
        duplicates, last = 0, {}
        seen = set()
        for partition in range(PARTITIONS):
            offsets = sorted(offset for p, offset in log if p == partition)
            expect(offsets == list(range(len(offsets))), 'partition %d has a hole: %d offsets, the last is %s', partition,
                   len(offsets), offsets[-1:])
            for offset in offsets:
                index = log[partition, offset]
                if index in seen:
                    duplicates += 1
                    continue
                seen.add(index)
                key = self.tweets[index][0]
                expect(last.get(key, (partition, -1))[0] == partition, 'key %s is in two partitions', key)
                expect(last.get(key, (partition, -1))[1] < index, 'key %s: tweet %d comes after %s', key, index, last.get(key))
                last[key] = (partition, index)
        expect(not (duplicates and self.client.idempotent), '%d tweets are twice in the log of an idempotent producer', duplicates)
        if duplicates:
            self.notes.append('%d twice in the log' % duplicates)


class Consumer:
    """A running consumer program and the file of what it lives through."""

    def __init__(self, name, story):
        self.name, self.path = name, os.path.join(story.home, name + '.record')
        self.stop_file = os.path.join(story.home, name + '.stop')
        self.position, self.events = 0, []
        self.records = []
        self.process = story.program(name, 'consume', story.broker.bootstrap, TOPIC, GROUP, self.path, self.stop_file)

    def update(self):
        try:
            with open(self.path, 'rb') as file:
                file.seek(self.position)
                data = file.read()
        except FileNotFoundError:
            return self
        data = data[:data.rfind(b'\n') + 1]
        self.position += len(data)
        for line in data.decode('utf-8').split('\n')[:-1]:
            kind, *rest = line.split('\t')
            if kind == 'record':
                read = Read(int(rest[0]), int(rest[1]), rest[2], rest[3])
                self.records.append(read)
                self.events.append(read)
            elif kind == 'assigned':
                self.events.append({int(p) for p in rest[0].split(',') if p} if rest else set())
        return self

    def assignment(self):
        self.update()
        return next((event for event in reversed(self.events) if isinstance(event, set)), set())

    def holds(self):
        return bool(self.assignment())

    def stop(self):
        """Lets it commit, leave its group and end."""
        open(self.stop_file, 'w').close()
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            code = 'nothing after 30 s'
        expect(code == 0, 'consumer %s ended with %s', self.name, code)
        self.update()

    def check_forward(self):
        last = {}
        for event in self.events:
            if isinstance(event, set):
                last = {}
            else:
                expect(event.offset > last.get(event.partition, -1), 'consumer %s: partition %d went from %s back to %d', self.name,
                       event.partition, last.get(event.partition), event.offset)
                last[event.partition] = event.offset


def covers(consumers):
    """Each has a partition and together they have them all."""
    assignments = [consumer.assignment() for consumer in consumers]
    return all(assignments) and set().union(*assignments) == set(range(PARTITIONS)) and sum(map(len, assignments)) == PARTITIONS


def values(consumers):
    return {read.value for consumer in consumers for read in consumer.update().records}
