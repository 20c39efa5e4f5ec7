"""Apache's WordCountDemo counts words of a text that is written in three parts: before it starts, after the broker was stopped
and started again, and after the demo was.  Each word's last count must be exact: everything was closed cleanly.

The closing line is `N passed, N failed`, a word each.
"""
import collections
import os
import random
import shutil
import signal
import sys
import time

import apache_tools
import brokers

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'streams')
INPUT, OUTPUT = 'streams-plaintext-input', 'streams-wordcount-output'
WORDS = 'thread spool star flat broken knotted laughter leaves staircase lobby house father children outlive'.split()
LINES = 300
DEMO = 'org.apache.kafka.streams.examples.wordcount.WordCountDemo'


def text(part):
    chosen = random.Random(part)
    return [' '.join(chosen.choices(WORDS, k=6)) for _ in range(LINES)]


class WordCount:
    def __init__(self, broker, libs):
        self.broker, self.libs = broker, libs
        self.expected = collections.Counter()
        self.patience_ms = 3000  # of the reader, for the next record
        self.config = apache_tools.write_properties(os.path.join(broker.home, 'streams.properties'), {
            'bootstrap.servers': broker.bootstrap, 'application.id': 'word-count', 'state.dir': os.path.join(broker.home, 'state'),
            'commit.interval.ms': 500, 'num.stream.threads': 2,
            'default.key.serde': 'org.apache.kafka.common.serialization.Serdes$StringSerde',
            'default.value.serde': 'org.apache.kafka.common.serialization.Serdes$StringSerde', 'auto.offset.reset': 'earliest'})

    def write(self, part):
        lines = text(part)
        for line in lines:
            self.expected.update(line.split())
        apache_tools.tool(self.libs, 'org.apache.kafka.tools.ConsoleProducer', '--bootstrap-server', self.broker.bootstrap,
                          '--topic', INPUT, stdin='\n'.join(lines) + '\n')

    def start(self):
        self.demo = apache_tools.program(self.libs, self.broker.home, DEMO, self.config)

    def stop(self):
        self.demo.send_signal(signal.SIGTERM)
        self.demo.wait(60)

    def counts(self):
        """The last count of each word: what a compacted topic keeps."""
        out = apache_tools.tool(self.libs, 'org.apache.kafka.tools.consumer.ConsoleConsumer', '--bootstrap-server',
                                self.broker.bootstrap, '--topic', OUTPUT, '--from-beginning', '--timeout-ms', self.patience_ms,
                                '--formatter-property', 'print.key=true', '--formatter-property',
                                'value.deserializer=org.apache.kafka.common.serialization.LongDeserializer')
        return {word: int(count) for word, count in (line.split('\t') for line in out.splitlines() if '\t' in line)}

    def wait(self):
        deadline = time.monotonic() + 240
        while True:
            counts = self.counts()
            if not counts:  # nothing yet, or on a busy machine the reader gives up before it has begun
                self.patience_ms = min(2 * self.patience_ms, 30000)
            if counts == dict(self.expected) or time.monotonic() > deadline:
                return counts
            if self.demo.poll() is not None:
                raise brokers.BrokerError('the demo ended with %d; see %s' % (self.demo.returncode, self.broker.home))


def main():
    brokers.end_all_on_signals()
    kind = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    kind.prepare()
    libs = apache_tools.jars('streams-4.3.1', 'org.apache.kafka:kafka-streams:4.3.1', 'org.apache.kafka:kafka-streams-examples:4.3.1',
                             'org.apache.kafka:kafka-tools:4.3.1', 'org.slf4j:slf4j-simple:1.7.36')
    shutil.rmtree(os.path.join(HOME, kind.name), ignore_errors=True)
    broker = kind(os.path.join(HOME, kind.name))
    broker.start()
    story = WordCount(broker, libs)
    try:
        apache_tools.create_topic(libs, broker.bootstrap, INPUT, 3)
        apache_tools.create_topic(libs, broker.bootstrap, OUTPUT, 3, 'cleanup.policy=compact')
        story.write(1)
        story.start()
        story.wait()
        broker.stop()
        broker.start()
        story.write(2)
        story.wait()
        story.stop()
        story.write(3)
        story.start()
        counts = story.wait()
        story.stop()
    finally:
        brokers.end_program(story.demo)
        broker.stop()
    wrong = {word: (counts.get(word), count) for word, count in story.expected.items() if counts.get(word) != count}
    for word, (got, count) in wrong.items():
        print('%s: %s, and it was written %d times' % (word, got, count))
    print('%d passed, %d failed' % (len(story.expected) - len(wrong), len(wrong)))
    sys.exit(1 if wrong else 0)


main()
