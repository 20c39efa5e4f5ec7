#!/usr/bin/env python3
"""The tweets story (compat/lib/story.py) with each client of compat/clients.tsv, and the matrix of what came of it.

  matrix.py [--long] [--readme] [CLIENT[@VERSION]...]

BROKER=odradek (default) or apache: then each client meets the release that serves it, or ORACLE_VERSION; JOBS=2 stories at once.
--long: 20,000 tweets with each client.  The table is printed and kept as build/compat/matrix.md (matrix-apache.md for Apache
Kafka); all files of a story are in build/compat/story/<broker>/<client>-<version>.  A whole run on Odradek also compares the
table in the README with what came out; --readme writes it.  The closing line is `N passed, N failed`.
"""
import concurrent.futures
import os
import shutil
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
import story  # noqa: E402


LONG = 20000
BEGIN, END = '<!-- matrix: written by ./dev compat --readme -->', '<!-- end of matrix -->'


def clients(wanted, long):
    with open(os.path.join(ROOT, 'compat', 'clients.tsv')) as file:
        rows = [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]
    every = []
    for name, version, codecs, idempotent, tweets, oracle, reader in rows:
        reader = None if reader == '-' else story.Client(*reader.split('@'), (), False, 0, oracle, None)
        every.append(story.Client(name, version, codecs.split(','), idempotent == 'yes', LONG if long else int(tweets), oracle, reader))
    chosen = [c for c in every if not wanted or c.name in wanted or title(c) in wanted]
    unknown = [w for w in wanted if not any(w in (c.name, title(c)) for c in every)]
    if unknown:
        sys.exit('no client %s; there are %s' % (', '.join(unknown), ', '.join(map(title, every))))
    return chosen


def title(client):
    return '%s@%s' % (client.name, client.version)


def tell(client, make_broker):
    """Runs one story; answers its row of the matrix."""
    folder = title(client).replace('@', '-') + ('-read-by-' + title(client.reader).replace('@', '-') if client.reader else '')
    home = os.path.join(ROOT, 'build', 'compat', 'story', make_broker.name, folder)
    shutil.rmtree(home, ignore_errors=True)
    start = time.monotonic()
    try:
        for program in filter(None, (client, client.reader)):
            set_up(program)
        start = time.monotonic()
        broker = make_broker(os.path.join(home, 'broker'), FIRST_JOIN)
        if 'ORACLE_VERSION' not in os.environ:
            broker.release = client.oracle
        broker.start()
        result, note = 'passed', story.Story(client, broker, home).run()
    except (story.StoryError, brokers.BrokerError, subprocess.SubprocessError) as error:
        result, note = 'FAILED', str(error)
    seconds = '%.0f' % (time.monotonic() - start)
    print('%s: %s in %s s%s' % (folder, result, seconds, ', ' + note if note else ''), flush=True)
    reader = '%s %s' % (client.reader.name, client.reader.version) if client.reader else 'itself'
    return client.name, client.version, reader, ' '.join(client.codecs), result, seconds, note


def set_up(client):
    """Installs it, once: several stories may want it at the same time."""
    with SET_UP_LOCKS.setdefault(client.name, threading.Lock()):
        subprocess.run([os.path.join(ROOT, 'compat', client.name, 'run.sh'), client.version, 'setup'], check=True, timeout=900)


SET_UP_LOCKS = {}
# With 0 kafka-python 3.0.12 may stop for good, on Apache Kafka, too: kafka-python/FINDINGS.md.
FIRST_JOIN = {'group.initial.rebalance.delay.ms': 500}
HEADER = ('client', 'version', 'read by', 'codecs', 'result', 'seconds', 'remarks')
RESULT, STABLE_COLUMNS = 4, 5  # what of them is the same in each run


def table(rows, columns=len(HEADER)):
    rows = [row[:columns] for row in rows]
    header = HEADER[:columns]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = ['| %s |' % ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) for row in [header, *rows]]
    return '\n'.join([lines[0], '|%s|' % '|'.join('-' * (width + 2) for width in widths), *lines[1:]])


def readme_agrees(text, write):
    """Whether the README shows this table."""
    path = os.path.join(ROOT, 'README.md')
    with open(path) as file:
        readme = file.read()
    before, begin, rest = readme.partition(BEGIN)
    shown, end, after = rest.partition(END)
    wanted = '\n%s\n' % text
    if write and begin and end:
        with open(path, 'w') as file:
            file.write(before + begin + wanted + end + after)
        return True
    return bool(begin and end) and shown == wanted


def main():
    options = {argument for argument in sys.argv[1:] if argument.startswith('--')}
    wanted = [argument for argument in sys.argv[1:] if argument not in options]
    if options - {'--long', '--readme'}:
        sys.exit(__doc__)
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    make_broker.prepare()
    brokers.end_all_on_signals()
    jobs = int(os.environ.get('JOBS', '2' if make_broker is brokers.Odradek else '1'))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(lambda client: tell(client, make_broker), clients(wanted, '--long' in options)))
    text = table(rows)
    name = 'matrix.md' if make_broker is brokers.Odradek else 'matrix-%s.md' % make_broker.name
    with open(os.path.join(ROOT, 'build', 'compat', name), 'w') as file:
        file.write(text + '\n')
    failed = sum(row[RESULT] != 'passed' for row in rows)
    print('', text, sep='\n')
    is_whole = make_broker is brokers.Odradek and not wanted
    disagrees = is_whole and not readme_agrees(table(rows, STABLE_COLUMNS), '--readme' in options)
    if disagrees:
        print('', 'the README shows another table: ./dev compat --readme writes this one', sep='\n')
    print('', '%d passed, %d failed' % (len(rows) - failed, failed), sep='\n')
    sys.exit(1 if failed or disagrees or not rows else 0)


if __name__ == '__main__':
    main()
