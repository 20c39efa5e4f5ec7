"""Several log directories on one broker (JBOD): replicas are moved between them under load and over a kill -9, and a directory
whose disk is full leaves the others at work.

The second directory is a small file system in memory, which is how it can be filled; that needs root, and without it the check
of the failing disk says so.  Closing line: `N passed, N failed`.
"""
import os
import struct
import subprocess
import sys
import threading
import time

import brokers
import raw_client
import wire

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'log-dirs')
TOPIC, PARTITIONS = 'tweets', 4
SMALL_DISK = '48m'
UNKNOWN_TOPIC_OR_PARTITION, STORAGE_ERROR, LOG_DIR_NOT_FOUND = 3, 56, 57


class Failed(Exception):
    pass


def want(condition, text):
    if not condition:
        raise Failed(text)


def strings(text):
    return raw_client.string(text)


class World:
    """The broker, with its two directories."""

    def __init__(self, make_broker):
        home = os.path.join(HOME, make_broker.name)
        self.unmount(os.path.join(home, 'second'))
        self.first, self.second = os.path.join(home, 'data'), os.path.join(home, 'second')
        self.broker = make_broker(home, [('log.dirs', self.first + ',' + self.second), ('log.segment.bytes', 1 << 20),
                                         ('file.delete.delay.ms', 1000), ('log.segment.delete.delay.ms', 1000)])
        os.makedirs(self.second)
        self.is_small = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=' + SMALL_DISK, 'tmpfs', self.second],
                                       stderr=subprocess.DEVNULL).returncode == 0

    @staticmethod
    def unmount(path):
        subprocess.run(['umount', path], stderr=subprocess.DEVNULL)

    def client(self):
        return raw_client.RawClient(self.broker.port)

    def restart(self):
        self.broker.kill()
        self.broker.start()

    def close(self):
        stopped = self.broker.stop()
        self.unmount(self.second)
        return stopped


def describe(client):
    """(directory's error, {partition: (is future, lag)}) by directory.  DescribeLogDirs v1."""
    answer = wire.Answer(client.call(raw_client.frame(35, 1, 1, struct.pack('>i', -1))))
    answer.int32()
    directories = {}
    for _ in range(answer.int32()):
        error, path, partitions = answer.int16(), answer.string(), {}
        for _ in range(answer.int32()):
            topic = answer.string()
            for _ in range(answer.int32()):
                index, _, lag, future = answer.int32(), answer.int64(), answer.int64(), answer.take('>b')
                if topic == TOPIC:
                    partitions[index, bool(future)] = lag
        directories[path] = (error, partitions)
    return directories


def places(client):
    """Where each partition is: {partition: directory}, and whether any is on its way."""
    found, moving = {}, False
    for path, (_, partitions) in describe(client).items():
        for index, future in partitions:
            if future:
                moving = True
            else:
                found[index] = path
    return found, moving


def move(client, path, partitions, topic=TOPIC):
    """The error code of each.  AlterReplicaLogDirs v1."""
    body = struct.pack('>i', 1) + strings(path) + struct.pack('>i', 1) + strings(topic)
    body += struct.pack('>i', len(partitions)) + b''.join(struct.pack('>i', p) for p in partitions)
    answer = wire.Answer(client.call(raw_client.frame(34, 1, 1, body)))
    answer.int32()
    codes = {}
    for _ in range(answer.int32()):
        answer.string()
        for _ in range(answer.int32()):
            index = answer.int32()
            codes[index] = answer.int16()
    return codes


def wait_until_in(world, path, partitions=range(PARTITIONS), seconds=60):
    client, deadline = world.client(), time.monotonic() + seconds
    while True:
        found, moving = places(client)
        if not moving and all(found.get(p) == path for p in partitions):
            return
        want(time.monotonic() < deadline, 'not all of %s is in %s: %s' % (list(partitions), path, found))
        time.sleep(0.05)


def read_back(world, acknowledged):
    client = world.client()
    for (partition, offset), value in acknowledged.items():
        got = fetch(client, partition, offset)
        want(got is not None and value in got, 'offset %d of partition %d is not what was acknowledged' % (offset, partition))


def fetch(client, partition, offset):
    """The bytes at and behind the offset; None with an error.  Fetch v4."""
    body = struct.pack('>iiiibi', -1, 0, 1, 1 << 20, 0, 1) + strings(TOPIC) + struct.pack('>iiqi', 1, partition, offset, 1 << 12)
    answer = client.call(raw_client.frame(1, 4, 1, body))
    at = 4 + 4 + 2 + len(TOPIC) + 4 + 4
    code, _, _, _, size = struct.unpack_from('>hqqii', answer, at)
    return answer[at + 26:at + 26 + size] if code == 0 else None


class Load(threading.Thread):
    """Produces to every partition until told to end; keeps what was acknowledged."""

    def __init__(self, world, size):
        super().__init__(daemon=True)
        self.world, self.size, self.acknowledged, self.error, self.over = world, size, {}, None, threading.Event()

    def run(self):
        try:
            client, number = self.world.client(), 0
            while not self.over.is_set():
                for partition in range(PARTITIONS):
                    number += 1
                    value = (b'value %d ' % number).ljust(self.size, b'.')
                    self.acknowledged[partition, client.produce(TOPIC, value, partition)] = value
        except (OSError, EOFError, ValueError) as error:
            self.error = error

    def end(self):
        self.over.set()
        self.join(30)
        return self.error


def errors(world):
    client = world.client()
    client.create_topic(TOPIC, PARTITIONS)
    want(move(client, '/no/such/directory', [0]) == {0: LOG_DIR_NOT_FOUND}, 'another directory is not refused')
    want(move(client, world.second, [0], 'unknown') == {0: UNKNOWN_TOPIC_OR_PARTITION}, 'an unknown topic is not refused')
    want(move(client, world.second, [0, 99])[99] == UNKNOWN_TOPIC_OR_PARTITION, 'an unknown partition is not refused')
    wait_until_in(world, world.second, [0])
    want(move(client, world.second, [0]) == {0: 0}, 'a replica that is there already is refused')


def under_load(world):
    world.client().create_topic(TOPIC, PARTITIONS)
    load = Load(world, 200)
    load.start()
    time.sleep(0.5)
    for path in (world.second, world.first, world.second):
        want(set(move(world.client(), path, range(PARTITIONS)).values()) == {0}, 'a move was refused')
        wait_until_in(world, path)
    error = load.end()
    want(error is None, 'a producer was told %r' % error)
    want(len(load.acknowledged) > 100, 'only %d records were produced' % len(load.acknowledged))
    read_back(world, load.acknowledged)
    world.restart()
    wait_until_in(world, world.second)
    read_back(world, load.acknowledged)


def over_a_kill(world):
    """A move of some size is cut short by kill -9, and goes on."""
    client = world.client()
    client.create_topic(TOPIC, PARTITIONS)
    move(client, world.first, range(PARTITIONS))
    wait_until_in(world, world.first)
    acknowledged = {}
    for number in range(300):
        value = (b'large %d ' % number).ljust(60000, b'-')
        acknowledged[0, client.produce(TOPIC, value, 0)] = value[:100]
    for pause in (0.0, 0.01, 0.03):
        target = world.second if places(client)[0][0] == world.first else world.first
        move(client, target, [0])
        time.sleep(pause)
        world.restart()
        client = world.client()
        deadline = time.monotonic() + 30
        while places(client)[1]:
            want(time.monotonic() < deadline, 'the move did not end')
            time.sleep(0.05)
        read_back(world, acknowledged)
        want(client.produce(TOPIC, b'goes on', 0) > 0, 'no record can be added')


def a_full_disk(world):
    if not world.is_small:
        print('a_full_disk needs a file system of its own (root): not checked')
        return
    client = world.client()
    client.create_topic(TOPIC, PARTITIONS)
    move(client, world.first, [1, 2, 3])
    move(client, world.second, [0])
    wait_until_in(world, world.first, [1, 2, 3])
    wait_until_in(world, world.second, [0])
    acknowledged, code = {}, None
    try:
        for number in range(200):
            filler = (b'filler %d ' % number).ljust(900000, b'x')
            acknowledged[0, client.produce(TOPIC, filler, 0)] = filler[:100]
    except ValueError as error:
        code = int(str(error).split()[-1])
    want(code == STORAGE_ERROR, 'a full disk was answered with %s' % code)
    time.sleep(0.5)
    for partition in (1, 2, 3):
        want(client.produce(TOPIC, b'still here', partition) >= 0, 'partition %d stopped with it' % partition)
    want(describe(client)[world.second][0] == STORAGE_ERROR, 'the failed directory is not described as failed')
    want(describe(client)[world.first][0] == 0, 'the other directory is described as failed')
    world.broker.check_alive()


CHECKS = (errors, under_load, over_a_kill, a_full_disk)


def main():
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    make_broker.prepare()
    brokers.end_all_on_signals()
    os.makedirs(HOME, exist_ok=True)
    world = World(make_broker)
    passed = failed = 0
    try:
        world.broker.start()
        for check in CHECKS:
            if sys.argv[1:] and check.__name__ not in sys.argv[1:]:
                continue
            start = time.monotonic()
            try:
                check(world)
                passed += 1
                print('%-16s passed %5.1f s' % (check.__name__, time.monotonic() - start), flush=True)
            except (Failed, OSError, EOFError, ValueError, brokers.BrokerError) as error:
                failed += 1
                print('%-16s FAILED: %s' % (check.__name__, error), flush=True)
    finally:
        stopped = world.close()
    if not stopped:
        print('the broker did not end on SIGTERM')
    print('%d passed, %d failed' % (passed, failed + (not stopped)))
    sys.exit(1 if failed or not stopped else 0)


if __name__ == '__main__':
    main()
