#!/usr/bin/env python3
"""Hostile clients against the program itself: it grows by no more than 64 MiB, and a well-behaved client goes on.

  hostile.py [ATTACK...]

One broker (`odradek serve`, durable) for all attacks.  A process beside them produces a record and fetches it back, again and
again, and notes how long that took; each attack must leave it going.  Closing line: `N passed, N failed`, an attack each.
"""
import multiprocessing
import os
import random
import resource
import socket
import struct
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
from raw_client import RawClient, fetch_request, frame  # noqa: E402

HOME = os.path.join(ROOT, 'build', 'hostile')
GROWTH_MAX = 64 << 20
ROUND_TRIP_SECONDS_MAX = 5  # of the well-behaved client, while an attack goes on
ROUND_TRIPS_MIN = 3  # at the height of each attack
DESCRIPTORS_AT_REST_MAX = 300
MIB = 1 << 20


class Wellbehaved:
    """Produces and fetches in a process of its own: hostile sockets must not use up its descriptors, nor its interpreter's lock."""

    def __init__(self, port):
        self.count = multiprocessing.Value('l', 0)
        self.slowest = multiprocessing.Value('d', 0.0)
        self.failure = multiprocessing.Array('c', 200)
        self.process = multiprocessing.Process(target=self.run, args=(port,), daemon=True)
        self.process.start()

    def run(self, port):
        try:
            client = RawClient(port)
            while True:
                begun = time.monotonic()
                value = b'%d' % self.count.value
                offset = client.produce('good', value)
                if client.fetch('good', offset) != value:
                    raise ValueError('offset %d is not what was produced' % offset)
                with self.count.get_lock():
                    self.count.value += 1
                self.slowest.value = max(self.slowest.value, time.monotonic() - begun)
                time.sleep(0.005)
        except (OSError, EOFError, ValueError) as error:
            self.failure.value = str(error).encode()[:199]

    def expect_going(self):
        """Some more round trips, and since the last call none that failed or took long."""
        target = self.count.value + ROUND_TRIPS_MIN
        deadline = time.monotonic() + ROUND_TRIPS_MIN * ROUND_TRIP_SECONDS_MAX
        while self.count.value < target and not self.failure.value and time.monotonic() < deadline:
            time.sleep(0.01)
        if self.failure.value:
            return 'the well-behaved client failed: ' + self.failure.value.decode()
        if self.count.value < target:
            return 'the well-behaved client stands still'
        slowest, self.slowest.value = self.slowest.value, 0.0
        return 'a round trip took %.1f s' % slowest if slowest > ROUND_TRIP_SECONDS_MAX else None


class Sockets:
    """Hostile sockets: as many as descriptors allow, the oldest closed for a new one beyond that."""

    def __init__(self, port, most):
        self.port, self.most, self.open = port, most, []

    def connect(self):
        if len(self.open) >= self.most:
            half = len(self.open) // 2
            for one in self.open[:half]:
                one.close()
            del self.open[:half]
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))  # a reset: leaves no port in TIME_WAIT
        one.settimeout(10)
        one.connect(('127.0.0.1', self.port))
        one.setblocking(False)
        self.open.append(one)
        return one

    def send(self, data, one=None):
        """As much as the broker takes at once; it may have closed already."""
        one = one or self.connect()
        try:
            one.send(data)
        except OSError:
            pass
        return one

    def close_all(self):
        for one in self.open:
            one.close()
        self.open = []


def head(size, key, version=0):
    return struct.pack('>ihhi', size, key, version, 7)


def declared_sizes(sockets):
    for _ in range(2000):
        sockets.send(struct.pack('>i', 0x7FFFFFFF) + b'x' * 1000)
    for key in (0, 3, 11, 18):
        for _ in range(500):
            sockets.send(head(100 * MIB, key, 3) + b'x' * 1000)


def half_open_requests(sockets):
    """100,000, each a beginning of a request that never ends; every hundredth with much of it."""
    for number in range(100000):
        sockets.send(head(50 * MIB, 0, 9) + b'x' * (60000 if number % 100 == 0 else number % 200))


def garbage(sockets):
    noise = random.Random(1).randbytes(1 << 20)
    for number in range(2000):
        sockets.send(noise[number * 256:number * 256 + 4000])
    for key in range(100):
        for version in range(20):
            sockets.send(head(64, key, version) + noise[key * 60:key * 60 + 56])


def slow_writers(sockets):
    """Their requests come byte by byte, and are answered."""
    writers = [sockets.connect() for _ in range(500)]
    request = frame(18, 0, 5, b'')
    for at in range(len(request)):
        for writer in writers:
            sockets.send(request[at:at + 1], writer)
    for writer in writers:
        writer.settimeout(10)
        if len(writer.recv(4)) != 4:
            raise ValueError('a slow writer got no answer')


def many_connections(sockets):
    for _ in range(5000):
        sockets.connect()


def fetchers_that_never_read(sockets):
    request = fetch_request('large', 0, 50 * MIB)
    for _ in range(200):
        sockets.send(request * 4)


def askers_that_never_read(sockets):
    requests = frame(3, 1, 1, struct.pack('>i', -1)) * 2000  # Metadata of all topics
    asking = [sockets.connect() for _ in range(200)]
    for _ in range(20):
        for one in asking:
            sockets.send(requests, one)


ATTACKS = [declared_sizes, half_open_requests, garbage, slow_writers, many_connections, fetchers_that_never_read,
           askers_that_never_read]


def resident(pid, name):
    with open('/proc/%d/status' % pid) as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name + ':'))


def run(attack, broker, good, most):
    """None, or what went wrong."""
    sockets = Sockets(broker.port, most)
    try:
        attack(sockets)
        trouble = good.expect_going()
    except (OSError, ValueError) as error:
        trouble = str(error)
    sockets.close_all()
    broker.check_alive()
    return trouble or wait_until_closed(broker.process.pid) or good.expect_going()


def wait_until_closed(pid):
    """The next attack begins when the broker has noticed that this one is over."""
    deadline = time.monotonic() + 30
    while len(os.listdir('/proc/%d/fd' % pid)) > DESCRIPTORS_AT_REST_MAX:
        if time.monotonic() > deadline:
            return 'the broker keeps the sockets of clients that are gone'
        time.sleep(0.05)
    return None


def main(names):
    unknown = set(names) - {attack.__name__ for attack in ATTACKS}
    if unknown:
        sys.exit('no attack %s; there are: %s' % (' '.join(unknown), ' '.join(a.__name__ for a in ATTACKS)))
    brokers.end_all_on_signals()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    brokers.Odradek.prepare()
    broker = brokers.Odradek(HOME)
    broker.start()
    pid, failed, passed = broker.process.pid, 0, 0
    filling = RawClient(broker.port)
    filling.create_topic('good')
    filling.create_topic('large')
    for _ in range(10):
        filling.produce('large', b'v' * 900000)
    good = Wellbehaved(broker.port)
    time.sleep(1)
    before = resident(pid, 'VmRSS')
    for attack in ATTACKS:
        if names and attack.__name__ not in names:
            continue
        with open('/proc/%d/clear_refs' % pid, 'w') as file:
            file.write('5')  # the high-water mark starts anew
        begun, trips = time.monotonic(), good.count.value
        trouble = run(attack, broker, good, min(hard - 500, 14000))
        peak = resident(pid, 'VmHWM')
        if not trouble and peak > before + GROWTH_MAX:
            trouble = 'it grew by more than %d MiB' % (GROWTH_MAX // MIB)
        failed, passed = failed + bool(trouble), passed + (not trouble)
        print('%-26s %s  %5.1f s, peak %+.1f MiB, %d good round trips%s' % (
            attack.__name__, 'FAILED' if trouble else 'passed', time.monotonic() - begun, (peak - before) / MIB,
            good.count.value - trips, ': ' + trouble if trouble else ''), flush=True)
    good.process.kill()
    if not broker.stop():
        print('the broker did not stop cleanly')
        failed += 1
    with open(broker.log) as log:
        print('%d lines in the broker\'s log, at most 10 a second about refused clients' % len(log.readlines()))
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    try:
        sys.exit(main(sys.argv[1:]))
    except brokers.BrokerError as error:
        sys.exit(str(error))
    finally:
        for process in brokers.STARTED:
            brokers.end_program(process)
