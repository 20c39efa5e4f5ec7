#!/usr/bin/env python3
"""The tweets story (compat/lib/story.py) with each client of compat/clients.tsv, and the matrix of what came of it.

  matrix.py [CLIENT[@VERSION]...]        BROKER=odradek (default) or apache; JOBS=2 stories at once

The table is printed and kept as build/compat/matrix.md (matrix-apache.md for Apache Kafka); all files of a story are in
build/compat/story/<broker>/<client>-<version>.  The closing line is `N passed, N failed`.
"""
import concurrent.futures
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
import story  # noqa: E402


def clients(wanted):
    with open(os.path.join(ROOT, 'compat', 'clients.tsv')) as file:
        rows = [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]
    every = [story.Client(name, version, codecs.split(','), idempotent == 'yes') for name, version, codecs, idempotent in rows]
    chosen = [c for c in every if not wanted or c.name in wanted or '%s@%s' % (c.name, c.version) in wanted]
    unknown = [w for w in wanted if not any(w in (c.name, '%s@%s' % (c.name, c.version)) for c in every)]
    if unknown:
        sys.exit('no client %s; there are %s' % (', '.join(unknown), ', '.join('%s@%s' % (c.name, c.version) for c in every)))
    return chosen


def tell(client, make_broker):
    """Runs one story; answers its row of the matrix."""
    home = os.path.join(ROOT, 'build', 'compat', 'story', make_broker.name, '%s-%s' % (client.name, client.version))
    shutil.rmtree(home, ignore_errors=True)
    start = time.monotonic()
    try:
        subprocess.run([os.path.join(ROOT, 'compat', client.name, 'run.sh'), client.version, 'setup'], check=True, timeout=900)
        start = time.monotonic()
        broker = make_broker(os.path.join(home, 'broker'))
        broker.start()
        result, note = 'passed', story.Story(client, broker, home).run()
    except (story.StoryError, brokers.BrokerError, subprocess.SubprocessError) as error:
        result, note = 'FAILED', str(error)
    seconds = '%.0f' % (time.monotonic() - start)
    print('%s %s: %s in %s s%s' % (client.name, client.version, result, seconds, ', ' + note if note else ''), flush=True)
    return client.name, client.version, ' '.join(client.codecs), result, seconds, note


def table(rows):
    header = ('client', 'version', 'codecs', 'result', 'seconds', 'remarks')
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = ['| %s |' % ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) for row in [header, *rows]]
    return '\n'.join([lines[0], '|%s|' % '|'.join('-' * (width + 2) for width in widths), *lines[1:]])


def main():
    make_broker = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    make_broker.prepare()
    brokers.end_all_on_signals()
    jobs = int(os.environ.get('JOBS', '2' if make_broker is brokers.Odradek else '1'))
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        rows = list(pool.map(lambda client: tell(client, make_broker), clients(sys.argv[1:])))
    text = table(rows)
    name = 'matrix.md' if make_broker is brokers.Odradek else 'matrix-%s.md' % make_broker.name
    with open(os.path.join(ROOT, 'build', 'compat', name), 'w') as file:
        file.write(text + '\n')
    failed = sum(row[3] != 'passed' for row in rows)
    print('', text, '', '%d passed, %d failed' % (len(rows) - failed, failed), sep='\n')
    sys.exit(1 if failed or not rows else 0)


if __name__ == '__main__':
    main()
