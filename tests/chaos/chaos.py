#!/usr/bin/env python3
"""Clients at work while their broker is killed, frozen and restarted; then every promise is checked against the log.

  chaos.py [--rounds N] [--seed S] [--home FOLDER] [--keep]        BROKER=odradek (default) or apache

A round: the clients work for a while, then the broker is killed with -9, loses its power, is stopped with SIGSTOP for a moment, or shut
down in an orderly way, and goes on.  After a power cut the logs hold what had been synced and no more; Apache Kafka, which
acknowledges what is in the page cache, is spared it.  --rounds 0: nothing happens to it for a while (A26 of docs/anomalies.md).
The clients are clients.py, the promises checker.py.  The closing line is `N passed, N failed`; a run is repeated with --seed (what
clients and broker make of it is up to the scheduler).  Files: build/chaos.

That a breach would be found is proven by prove.sh (./dev chaos --prove): runs against brokers with a fault each, faults/*.patch.  It
takes several minutes and only what is in this folder or in the patched sources can change its outcome, so it is not in CI.
"""
import argparse
import glob
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
import checker  # noqa: E402

ROLES = [('idempotent', 'p0'), ('idempotent', 'p1'), ('transactional', 't0'), ('transactional', 't1'), ('chain', 'c0'),
         ('chain', 'c1'), ('group', 'g0'), ('group', 'g1'), ('reader', 'r0'), ('witness', 'w0')]
PRODUCERS = ('idempotent', 'transactional')
SETTLE_SECONDS = 60
WARM_UP_SECONDS, CALM_SECONDS = 3, 15  # before the first round; instead of any
SYNCED_LIBRARY = os.path.join(ROOT, 'build', 'release', 'tests', 'libsynced.so')
SEGMENT = re.compile(r'\d{20}\.log$')


class Run:
    def __init__(self, home, broker, seed):
        self.home, self.broker, self.seed, self.chance = home, broker, seed, random.Random(seed)
        self.clients = {}
        self.kinds = ['kill -9', 'kill -9', 'SIGSTOP', 'restart']
        self.own_events = []
        self.breaches = []  # of clients that did not live as long as they were to
        self.synced = os.path.join(home, 'synced')
        if broker.name == 'odradek':
            self.kinds += ['power cut', 'power cut']
            broker.environment = {'LD_PRELOAD': SYNCED_LIBRARY, 'ODRADEK_SYNCED': self.synced}

    def client(self, role, name):
        command = [sys.executable, os.path.join(HERE, 'clients.py'), role, name, self.broker.bootstrap,
                   os.path.join(self.home, name + '.jsonl'), str(self.seed)]
        return brokers.start_program(command, os.path.join(self.home, name + '.log'), self.home)

    def start(self):
        self.broker.start()
        if self.client('create', 'create').wait(60) != 0:
            raise brokers.BrokerError('the topics cannot be created; see create.log')
        for role, name in ROLES:
            self.clients[name] = (role, self.client(role, name))

    def hurt(self):
        """One disturbance; answers its name."""
        kind = self.chance.choice(self.kinds)
        self.own_events.append({'type': 'hurt', 't': time.monotonic(), 'kind': kind})
        if kind == 'SIGSTOP':
            self.broker.process.send_signal(signal.SIGSTOP)
            time.sleep(self.chance.uniform(0.2, 2))
            self.broker.process.send_signal(signal.SIGCONT)
            return kind
        if kind == 'restart':
            if not self.broker.stop():
                raise brokers.BrokerError('SIGTERM did not end the broker; see %s' % self.broker.log)
        else:
            self.broker.kill()
        if kind == 'power cut':
            self.lose_what_was_not_synced()
        time.sleep(self.chance.uniform(0, 0.5))
        self.broker.start()
        return kind

    def lose_what_was_not_synced(self):
        """The segments end where the last sync found their end.  (Names and indexes stay; storage's crash matrix loses those, too.)"""
        synced = {}
        with open(self.synced) as file:
            for line in file:
                device, inode, size = map(int, line.split())
                synced[device, inode] = max(size, synced.get((device, inode), 0))
        for folder, _, names in os.walk(self.broker.data):
            for name in filter(SEGMENT.match, names):
                path = os.path.join(folder, name)
                info = os.stat(path)
                size = synced.get((info.st_dev, info.st_ino), 0)
                if size < info.st_size:
                    os.truncate(path, size)

    def check_clients(self):
        """The run goes on without a client that gave up: why it did is often told by what the others saw."""
        for name, (_, process) in list(self.clients.items()):
            if process.poll() is not None:
                self.breaches.append('client %s ended with %d; see %s.log' % (name, process.returncode, name))
                del self.clients[name]

    def end(self, *roles):
        for role, process in self.clients.values():
            if role in roles:
                process.terminate()
        for name, (role, process) in self.clients.items():
            if role not in roles:
                continue
            try:
                process.wait(90)
            except subprocess.TimeoutExpired:
                self.breaches.append('client %s does not come to an end: what it waits for is lost' % name)
                brokers.end_program(process)

    def history(self):
        events = list(self.own_events)
        for path in glob.glob(os.path.join(self.home, '*.jsonl')):
            with open(path) as file:
                events += [json.loads(line) for line in file]
        return sorted(events, key=lambda event: event['t'])

    def read_log(self):
        path = os.path.join(self.home, 'final.jsonl')
        if os.path.exists(path):
            os.remove(path)
        process = self.client('final', 'final')
        if process.wait(150) != 0:
            with open(os.path.join(self.home, 'final.log')) as file:
                raise brokers.BrokerError('the log cannot be read: %s' % file.read()[-2000:])

    def settle(self):
        """The chain works off what it has not derived yet, the reader catches up."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            self.read_log()
            behind = list(checker.chains_are_exactly_once(checker.Index(self.history())))
            if not behind or time.monotonic() > deadline:
                return
            time.sleep(1)

    def run(self, rounds):
        self.start()
        time.sleep(WARM_UP_SECONDS if rounds else CALM_SECONDS)
        for number in range(rounds):
            time.sleep(self.chance.uniform(0.5, 2.5))
            self.check_clients()
            print('round %d of %d: %s' % (number + 1, rounds, self.hurt()), flush=True)
        time.sleep(2)
        self.check_clients()
        self.end(*PRODUCERS)
        self.settle()
        self.end('chain', 'group', 'reader', 'witness')
        self.read_log()
        return self.history()


def count(history):
    kinds = {}
    for event in history:
        kind = event['outcome'] if event['type'] == 'ended' else event['type']
        kinds[kind] = kinds.get(kind, 0) + 1
    return ', '.join('%d %s' % (number, kind) for kind, number in sorted(kinds.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rounds', type=int, default=20)
    parser.add_argument('--seed', type=int, default=int(time.time()))
    parser.add_argument('--home', help='where its files go, instead of build/chaos/<broker>')
    parser.add_argument('--keep', action='store_true', help='keep the history of a run that passed, too')
    options = parser.parse_args()
    brokers.end_all_on_signals()
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    make_broker.prepare()
    home = os.path.abspath(options.home or os.path.join(ROOT, 'build', 'chaos', make_broker.name))
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(home)
    print('seed %d' % options.seed, flush=True)
    run = Run(home, make_broker(os.path.join(home, 'broker')), options.seed)
    try:
        history = run.run(options.rounds)
        breaches = checker.check(history) + run.breaches
        print(count(history))
    except (brokers.BrokerError, subprocess.SubprocessError) as error:
        breaches = [*run.breaches, str(error)]
    finally:
        for process in brokers.STARTED:
            brokers.end_program(process)
    for breach in breaches[:50]:
        print(breach)
    if len(breaches) > 50:
        print('... and %d more' % (len(breaches) - 50))
    broken = {breach.split(':', 1)[0] for breach in breaches}
    if not breaches and not options.keep:
        shutil.rmtree(home)
    else:
        print('the history is in %s; seed %d' % (home, options.seed))
    print('%d passed, %d failed' % (len(checker.RULES) - min(len(broken), len(checker.RULES)), len(broken)))
    sys.exit(1 if breaches else 0)


if __name__ == '__main__':
    main()
