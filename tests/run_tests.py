#!/usr/bin/env python3
"""Runs everything that `./dev test` stands for and counts it.

  run_tests.py BUILD_DIR [FILTER]

The unit test programs BUILD_DIR/*_tests run side by side (one line a test suite; the output of a failed test in full),
then the checks of tests/tidy, the tests of our own Python programs, and clang-format.  FILTER is a part of a test's name, or a GoogleTest
pattern where it has a `*` or `:`; with it only unit tests run.  The last line is `N passed, N failed`.
"""
import concurrent.futures
import glob
import os
import re
import subprocess
import sys
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM_TIMEOUT_SECONDS = 1500
PYTHON_TESTS = ['tests/tidy', 'tests/chaos', 'tests/oracle', 'compat/lib', 'bench']

SUITE_END = re.compile(r'^\[-{10}\] (\d+) tests? from (\S+?)(?:, where .*)? \((\d+) ms total\)')
RUN, OK, FAILED, SKIPPED = '[ RUN      ] ', '[       OK ] ', '[  FAILED  ] ', '[  SKIPPED ] '

printing = threading.Lock()


def say(*lines):
    with printing:
        for line in lines:
            print(line, flush=True)


class Program:
    """One GoogleTest program: follows its output, keeps what a failed test printed, counts."""

    def __init__(self, path, pattern):
        self.path, self.pattern, self.name = path, pattern, os.path.basename(path)
        self.passed = self.failed = self.skipped = 0
        self.failures, self.running, self.kept = [], None, []

    def run(self):
        command = [self.path, '--gtest_color=no'] + (['--gtest_filter=' + self.pattern] if self.pattern else [])
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
                                   errors='replace', stdin=subprocess.DEVNULL)
        watchdog = threading.Timer(PROGRAM_TIMEOUT_SECONDS, process.kill)
        watchdog.start()
        for line in process.stdout:
            self.line(line.rstrip('\n'))
        code = process.wait()
        watchdog.cancel()
        if self.running:  # died in the middle of a test
            self.fail(self.running, 'ended with code %d' % code)
        elif code != 0 and not self.failed:
            self.fail(self.name, 'ended with code %d' % code)
        return self

    def line(self, line):
        if line.startswith(RUN):
            self.running, self.kept = line[len(RUN):], []
        elif self.running and line.startswith(OK):
            self.passed, self.running = self.passed + 1, None
        elif self.running and line.startswith(SKIPPED):
            self.skipped, self.running = self.skipped + 1, None
        elif self.running and line.startswith(FAILED):
            self.fail(self.running, line)
        elif SUITE_END.match(line):
            count, suite, milliseconds = SUITE_END.match(line).groups()
            say('%-14s %-44s %4s tests %7s ms' % (self.name, suite, count, milliseconds))
        elif self.running or not line.startswith('['):
            self.kept.append(line)

    def fail(self, test, last):
        self.failed += 1
        self.failures.append('%s: %s' % (self.name, test))
        say('', 'FAILED %s %s' % (self.name, test), *self.kept[-200:], last, '')
        self.running, self.kept = None, []


def unit_tests(build, text):
    pattern = text and (text if re.search('[*:]', text) else '*%s*' % text)
    programs = [Program(path, pattern) for path in sorted(glob.glob(os.path.join(build, '*_tests')))]
    if not programs:
        sys.exit('no test programs in ' + build)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(Program.run, programs))


def checks():
    """(name, problems) of each rule of the house, each Python test, and the format."""
    sys.path.insert(0, os.path.join(ROOT, 'tests', 'tidy'))
    import tidy
    results = [(rule, problems) for rule, problems in tidy.check_tree(ROOT).items()]
    suite = unittest.TestSuite()
    for folder in PYTHON_TESTS:
        sys.path.insert(0, os.path.join(ROOT, folder))
        suite.addTests(unittest.TestLoader().discover(os.path.join(ROOT, folder), '*_test.py'))
    result = unittest.TextTestRunner(stream=open(os.devnull, 'w')).run(suite)
    broken = result.failures + result.errors
    results += [('Python test %d' % number, []) for number in range(result.testsRun - len(broken))]
    results += [(str(test), text.splitlines()) for test, text in broken]
    formatted = subprocess.run(['./dev', 'format', '--check'], cwd=ROOT, text=True, errors='replace',
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    lines = [line for line in formatted.stdout.splitlines() if 'error:' in line]
    results.append(('clang-format', (lines or formatted.stdout.splitlines()) if formatted.returncode else []))
    return results


def main():
    build, text = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    start = time.monotonic()
    programs = unit_tests(build, text)
    passed, failed = sum(p.passed for p in programs), sum(p.failed for p in programs)
    skipped = sum(p.skipped for p in programs)
    failures = [failure for program in programs for failure in program.failures]
    if not text:
        for name, problems in checks():
            passed, failed = passed + (not problems), failed + bool(problems)
            if problems:
                failures.append('tidy: ' + name)
                say('', 'FAILED tidy: ' + name, *problems[:50])
        say('%-14s rules, Python tests and format checked' % 'tidy')
    if failures:
        say('', 'failed:', *['  ' + failure for failure in failures])
    say('%.1f s' % (time.monotonic() - start))
    say('%d passed, %d failed' % (passed, failed) + (', %d skipped' % skipped if skipped else ''))
    sys.exit(1 if failed or not passed else 0)


if __name__ == '__main__':
    main()
