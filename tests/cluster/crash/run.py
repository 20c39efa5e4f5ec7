#!/usr/bin/env python3
"""The crash matrix over a whole node, at every disk call and on all processors.

  run.py CLUSTER_TESTS

Prints what a failed part printed, and as its last line `N passed, N failed`.
"""
import os
import re
import subprocess
import sys

TEST = 'NodeCrashMatrix.WhatWasAcknowledgedSurvivesAStop'


def main():
    program, count = sys.argv[1], os.cpu_count() or 1
    command = [program, '--gtest_filter=' + TEST, '--gtest_color=no']
    parts = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace', stdin=subprocess.DEVNULL,
                              env=dict(os.environ, NODE_CRASH_FIRST=str(1 + index), NODE_CRASH_STRIDE=str(count)))
             for index in range(count)]
    passed = failed = 0
    for part in parts:
        output = part.communicate()[0]
        good = len(re.findall(r'^\[       OK \]', output, re.M))
        bad = len(re.findall(r'^\[  FAILED  \] \S+ \(\d+ ms\)|^\[  FAILED  \] \S+, where .* \(\d+ ms\)', output, re.M))
        if part.returncode != 0 and not bad:
            bad = 1  # it died
        passed, failed = passed + good, failed + bad
        print(output if bad else '\n'.join(line for line in output.splitlines() if 'OK ]' in line), flush=True)
    print('%d passed, %d failed' % (passed, failed))
    return 0 if passed == count and not failed else 1


if __name__ == '__main__':
    sys.exit(main())
