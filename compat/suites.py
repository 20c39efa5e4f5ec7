#!/usr/bin/env python3
"""Runs suites of compat/suites.tsv one after the other, and keeps what came of each.

  suites.py [--ci | --long | --all] [--doc] [SUITE...]            BROKER=odradek (default) or apache

Alone it lists them with their last results.  --ci: those that CI runs as well; --long: the others; --all: each; with names, of these.
--doc: writes what came of them to compat/results.tsv, and docs/compatibility.md anew.  A suite's closing line is `N passed, N failed`; its output is in
build/suites/<broker>.  The closing line here is the sum.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
import suite_results  # noqa: E402

LIMIT_SECONDS = 2400
CLOSING = re.compile(r'^(\d+) passed, (\d+) failed', re.M)


def end(process):
    """By SIGTERM, on which a suite ends its brokers, too."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        brokers.end_program(process)


def end_on_signals():
    def ended(number, _):
        for process in brokers.STARTED:
            end(process)
        os._exit(128 + number)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ended)


def run(suite, broker, number):
    """What came of it: (passed, failed, seconds)."""
    logs = os.path.join(ROOT, 'build', 'suites', broker)
    os.makedirs(logs, exist_ok=True)
    path = os.path.join(logs, '%s-%d.log' % (suite.name, number))
    start = time.monotonic()
    open(path, 'w').close()
    process = brokers.start_program(['bash', '-c', 'exec ' + suite.command], path, ROOT, {'BROKER': broker})
    try:
        code = process.wait(LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        code = 'no end in %d s' % LIMIT_SECONDS
        end(process)
    seconds = time.monotonic() - start
    with open(path, errors='replace') as file:
        text = file.read()
    counts = CLOSING.findall(text)
    passed, failed = map(int, counts[-1]) if counts else (0, 0)
    if code != 0 or not counts or (not failed and not passed):
        failed = max(failed, 1)
        print('\n'.join(text.splitlines()[-40:]))
        print('=== %s: %s; all of it is in %s' % (suite.command, code, os.path.relpath(path, ROOT)))
    return passed, failed, seconds


def listing(suites, results):
    for suite in suites:
        ours, theirs = (results.get((suite.command, broker)) for broker in ('odradek', 'apache'))
        yield '%-5s %-20s %-58s %s' % (suite.when, suite.name, suite.command, ', '.join(
            '%s %d of %d in %d s' % (who, one.passed, one.passed + one.failed, one.seconds) for who, one in (('Odradek', ours), ('Apache', theirs)) if one))


def main():
    parser = argparse.ArgumentParser(prog='./dev suites', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option in ('--ci', '--long', '--all', '--doc'):
        parser.add_argument(option, action='store_true')
    parser.add_argument('suites', nargs='*', metavar='SUITE')
    options = parser.parse_args()
    broker = os.environ.get('BROKER', 'odradek')
    every, results = suite_results.suites(), suite_results.results()
    unknown = set(options.suites) - {suite.name for suite in every}
    if unknown or broker not in brokers.BROKERS:
        parser.error('there is no %s' % ', '.join(unknown or [broker]))
    if not (options.ci or options.long or options.all or options.suites):
        print('\n'.join(listing(every, results)))
        return
    whens = {when for when, chosen in (('ci', options.ci), ('long', options.long)) if chosen and not options.all} or {'ci', 'long'}
    chosen = [suite for suite in every if suite.when in whens and (not options.suites or suite.name in options.suites) and
              (broker == 'odradek' or suite.apache == 'yes')]
    end_on_signals()
    total = {'passed': 0, 'failed': 0}
    for number, suite in enumerate(chosen):
        passed, failed, seconds = run(suite, broker, number)
        print('%-58s %5d passed %3d failed %5.0f s' % (suite.command, passed, failed, seconds), flush=True)
        total['passed'], total['failed'] = total['passed'] + passed, total['failed'] + failed
        if options.doc:
            suite_results.keep(suite.command, broker, passed, failed, round(seconds))
    if options.doc:
        subprocess.run([sys.executable, os.path.join(ROOT, 'tests', 'oracle', 'oracle.py'), '--renew-doc'], check=True)
    print('%(passed)d passed, %(failed)d failed' % total)
    sys.exit(1 if total['failed'] or not total['passed'] else 0)


if __name__ == '__main__':
    main()
