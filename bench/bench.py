#!/usr/bin/env python3
"""The same load against Odradek and Apache Kafka 4.3.1, in alternating runs: what it costs, how fast it is, who is better by how much.

  bench.py [--only NAME]... [--quick] [--pairs N] [--seconds S] [--against HOST:PORT:PID | --alone]
           [--minutes N] [--floor SHARE] [--resume] [--json FILE] [--plot FILE.png] [--write-doc]

--quick is the small set; --floor 0.5 fails where a ratio is not half of what is to be reached; --against takes a broker that runs already in Apache's place; --alone measures ours only.
bench/workloads.py, bench/lifecycle.py and bench/clients.py have the names.
"""
import argparse
import contextlib
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import clients  # noqa: E402
import lifecycle  # noqa: E402
import load  # noqa: E402
import machine  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402
import rivals  # noqa: E402
from rivals import ROOT, brokers  # noqa: E402
from workloads import WORKLOADS  # noqa: E402

FAILURES = (load.LoadError, brokers.BrokerError, subprocess.SubprocessError)
# After 8 seconds Apache's code is a third as fast as after 25.
JIT_WARM_UP = 'produce --batch-bytes 16000 --connections 4 --seconds 25 --warm-up 0'


def names():
    return [workload.name for workload in WORKLOADS] + list(lifecycle.MEASUREMENTS) + list(clients.MEASUREMENTS)


def chosen(options):
    if options.only:
        return options.only
    if options.quick:
        return [workload.name for workload in WORKLOADS if workload.quick] + list(lifecycle.QUICK)
    return names()


class Pair:
    """The brokers that stand beside each other for the workloads; started when they are first wanted."""

    def __init__(self, options, stack):
        self.options, self.stack, self.started = options, stack, {}

    def broker(self, key, make):
        if key not in self.started:
            broker = self.started[key] = make()
            if not isinstance(broker, rivals.Guest):
                broker.prepare()
                broker.start()
            self.stack.callback(broker.stop)
            if broker.name == 'apache' and not isinstance(broker, rivals.Guest):
                load.run(broker, JIT_WARM_UP, 'warm-up', measure_topic())
        broker = self.started[key]
        if not isinstance(broker, rivals.Guest) and broker.process.poll() is not None:
            broker.start()
        return broker

    def of(self, durability):
        pair = {'odradek': self.broker(durability, lambda: rivals.Odradek('odradek-' + durability, durability))}
        if self.options.against:
            pair['apache'] = self.broker('against', lambda: rivals.Guest(self.options.against))
        elif not self.options.alone:
            pair['apache'] = self.broker('apache', rivals.Apache)
        return pair


def measure_topic():
    return WORKLOADS[0].topic


def rows_of(name, options, pair):
    kinds = ['odradek'] if options.alone or options.against else ['odradek', 'apache']
    if name in lifecycle.MEASUREMENTS:
        return list(lifecycle.MEASUREMENTS[name](kinds, options.quick))
    if name in clients.MEASUREMENTS:
        return list(clients.MEASUREMENTS[name](pair.of('relaxed')))
    workload = next(workload for workload in WORKLOADS if workload.name == name)
    warm_up = 1 if options.quick else 3
    return [measure.compare(workload, pair.of(workload.durability), options.pairs, options.seconds, warm_up)]


def judge_wire_costs(rows):
    """Compressed batches cost what uncompressed ones of their size do."""
    by_name = {row.name: row for row in rows}
    for workload in WORKLOADS:
        if workload.wire_as and workload.name in by_name and workload.wire_as in by_name:
            bound = by_name[workload.wire_as].ours['cpu/GiB'] * 1.05
            by_name[workload.name].to_reach = {'cpu/GiB': round(bound, 3)}


def rows_or_again(name, options, pair):
    """A rival that fell under the load is started again, once; and what is below the floor may have had a bad moment."""
    try:
        rows = rows_of(name, options, pair)
        if not fallen(rows, options.floor):
            return rows
        why = 'its ratio is below the floor'
    except FAILURES as error:
        why = error
    print('%s: %s; once more' % (name, why), file=sys.stderr, flush=True)
    return rows_of(name, options, pair)


def kept(options, described):
    """What an earlier run of the same program has measured already."""
    if not options.resume or not os.path.exists(result_file(options)):
        return []
    with open(result_file(options)) as file:
        earlier = json.load(file)
    return [measure.Row.from_json(row) for row in earlier['rows']] if earlier['machine'] == described else []


def result_file(options):
    return os.path.abspath(options.json or os.path.join(rivals.HOME, 'results.json'))


def keep(options, described, rows, failures):
    path = result_file(options)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w') as file:
        json.dump({'machine': described, 'rows': [row.as_json() for row in rows], 'failures': failures}, file, indent=1)


def run(options, described):
    """The rows, and what could not be measured, with its reason."""
    rows, failures = kept(options, described), {}
    done = {row.name for row in rows}
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        pair = Pair(options, stack)
        for name in chosen(options):
            if name in done:
                continue
            if time.monotonic() - began > options.minutes * 60:
                failures[name] = 'no time left'
                continue
            try:
                found = rows_or_again(name, options, pair)
            except FAILURES as error:
                failures[name] = str(error)
                continue
            rows += found
            for row in found:
                print('| %s |' % ' | '.join(report.cells(row)), flush=True)
            keep(options, described, rows, failures)
    rows.sort(key=lambda row: names().index(row.name))
    judge_wire_costs(rows)
    keep(options, described, rows, failures)
    return rows, failures


def fallen(rows, floor):
    """Whose ratio is far from what is to be reached: for machines that others use, too."""
    return [row.name for row in rows if row.ratio_to_reach and row.ratio < floor * row.ratio_to_reach]


def plot(source, target):
    """In an environment of its own, so that nothing else needs matplotlib."""
    home = os.path.join(ROOT, 'build', 'bench', 'venv')
    python = os.path.join(home, 'bin', 'python')
    if not os.path.exists(os.path.join(home, 'complete')):
        subprocess.run([sys.executable, '-m', 'venv', '--clear', home], check=True)
        subprocess.run([python, '-m', 'pip', 'install', '--quiet', 'matplotlib==3.9.2'], check=True)
        open(os.path.join(home, 'complete'), 'w').close()
    subprocess.run([python, os.path.join(ROOT, 'bench', 'plot.py'), source, target], check=True)


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--only', action='append', metavar='NAME', choices=names(), help='one row, or several')
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--pairs', type=int, help='alternating pairs of runs (3; quick 2)')
    parser.add_argument('--seconds', type=float, help='of each run (3; quick 1.5)')
    parser.add_argument('--minutes', type=float, default=25, help='begins no row after so long (25)')
    parser.add_argument('--floor', type=float, default=0, metavar='SHARE', help='of a ratio to be reached: below it is a failure')
    parser.add_argument('--against', metavar='HOST:PORT:PID')
    parser.add_argument('--alone', action='store_true')
    parser.add_argument('--json', metavar='FILE', help='what was found (build/bench/results.json), kept row by row')
    parser.add_argument('--resume', action='store_true', help='leaves out what that file has, if this commit on this machine found it')
    parser.add_argument('--plot', metavar='FILE.png')
    parser.add_argument('--write-doc', action='store_true')
    options = parser.parse_args()
    options.pairs = options.pairs or (2 if options.quick else 3)
    options.seconds = options.seconds or (1.5 if options.quick else 3)
    return options


def main():
    options = parse()
    brokers.end_all_on_signals()
    described = machine.describe(ROOT)
    print(report.machine_line(described), flush=True)
    rows, failures = run(options, described)
    print('\n' + report.table(rows))
    if options.plot:
        plot(result_file(options), os.path.abspath(options.plot))
    if options.write_doc:
        report.write_document(ROOT, rows, described, options)
    missed = [row.name for row in rows if row.missed()]
    print('\n%d rows, %d reached, %d not%s' % (len(rows), len(rows) - len(missed), len(missed), ': ' + ', '.join(missed) if missed else ''))
    failed = list(failures) + fallen(rows, options.floor)
    for name in failed:
        print('FAILED %s: %s' % (name, failures.get(name, 'its ratio is below %g of what is to be reached' % options.floor)))
    print('%d passed, %d failed' % (len(rows) + len(failures) - len(failed), len(failed)))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
