#!/usr/bin/env python3
"""Instructions per request of the broker's own code, counted by callgrind: the same on every machine, whatever else runs on it.

  instructions.py [--write] [NAME...]

Compares with bench/instructions.tsv and fails where a count has grown by more than 3 %.  A change that is meant to cost more writes the
new figure (--write) in its own commit, with the reason.  What the kernel does for us is not in it.  What the clock brings about (ticks,
checkpoints) is, and is more on a slow machine: what has grown is counted again, and the least counts.  Closing line: `N passed, N failed`.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import load  # noqa: E402
import rivals  # noqa: E402
from rivals import ROOT, brokers  # noqa: E402

EXPECTED = os.path.join(ROOT, 'bench', 'instructions.tsv')
GROWTH_MAX = 0.03
COUNTED_MAX = 3  # times
FEW, MANY = 400, 2000  # requests: their difference has no set-up in it
# One connection: then the broker's reads and writes fall the same way each time.
WORKLOADS = {
    'produce-1KiB': 'produce --batch-bytes 1024 --record-bytes 1024 --depth 1',
    'produce-100B-depth-16': 'produce --batch-bytes 100 --record-bytes 100 --depth 16',
    'produce-100KB': 'produce --batch-bytes 100000 --depth 1',
    'fetch-64KiB': 'fetch --batch-bytes 16000 --fetch-bytes 65536 --fill-bytes 4000000 --depth 1',
    'commit': 'commit --groups 1 --depth 1',
    'api-versions': 'api-versions --depth 1',
    'metadata': 'metadata --depth 1',
}


class Counted(rivals.Odradek):
    def __init__(self):
        super().__init__('instructions', 'relaxed', {'log.retention.check.interval.ms': 3600000})
        self.counts = os.path.join(self.home, 'callgrind')

    def command(self):
        # The processor's checksum instructions differ from machine to machine, and valgrind knows few: its own are always the same.
        return ['valgrind', '--tool=callgrind', '--callgrind-out-file=' + self.counts, '--dump-line=no', *super().command()]

    def instructions(self):
        """Since this was asked last."""
        number = len([name for name in os.listdir(self.home) if name.startswith('callgrind.')])
        subprocess.run(['callgrind_control', '--dump', str(self.process.pid)], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        with open('%s.%d' % (self.counts, number + 1)) as file:
            return int(re.search(r'^totals: (\d+)', file.read(), re.M).group(1))


def per_request(broker, arguments, topic):
    def counted(requests):
        broker.instructions()
        load.run(broker, '%s --requests %d --seconds 120 --warm-up 0' % (arguments, requests), topic)
        return broker.instructions()
    counted(FEW)  # makes the topic, and what is made once
    few = counted(FEW)
    return (counted(FEW + MANY) - few) / MANY


def least(count, limit):
    """Of as many counts as it takes to come below the limit."""
    counts = [count()]
    while min(counts) > limit and len(counts) < COUNTED_MAX:
        counts.append(count())
    return min(counts)


def expected():
    if not os.path.exists(EXPECTED):
        return {}
    with open(EXPECTED) as file:
        return {name: float(count) for name, count in (line.split('\t') for line in file if not line.startswith('#'))}


def write(counts):
    known = {**expected(), **counts}
    with open(EXPECTED, 'w') as file:
        file.write('# workload\tinstructions of the broker a request; bench/instructions.py --write\n')
        file.writelines('%s\t%.0f\n' % (name, known[name]) for name in WORKLOADS if name in known)


def judge(name, count, known):
    if name not in known:
        return False, 'no expected figure: --write it'
    growth = count / known[name] - 1
    return growth <= GROWTH_MAX, '%+.1f %% of %.0f' % (growth * 100, known[name])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--write', action='store_true')
    parser.add_argument('names', nargs='*', metavar='NAME', help=', '.join(WORKLOADS))
    options = parser.parse_args()
    for name in options.names:
        if name not in WORKLOADS:
            parser.error('no workload %s' % name)
    brokers.end_all_on_signals()
    if not shutil.which('valgrind'):
        raise SystemExit('valgrind is not installed: ./dev setup bench')
    broker = Counted()
    broker.prepare()
    broker.start()
    known = {} if options.write else expected()
    try:
        counts = {name: least(lambda: per_request(broker, WORKLOADS[name], name), known.get(name, 0) * (1 + GROWTH_MAX))
                  for name in options.names or WORKLOADS}
    finally:
        broker.stop()
    if options.write:
        write(counts)
    known = expected()
    failed = 0
    for name, count in counts.items():
        passed, said = judge(name, count, known)
        failed += not passed
        print('%-24s %9.0f instructions a request: %s' % (name, count, said))
    print('%d passed, %d failed' % (len(counts) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
