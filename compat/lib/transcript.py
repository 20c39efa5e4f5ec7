"""Answers as lines of text, compared with those that Apache Kafka once gave."""
import difflib
import os
import sys

import brokers


def check(expected, release, home, properties, walk):
    """Walks over a broker (BROKER=odradek or apache) and compares the lines with the file `expected`, which --rewrite makes
    anew.  Prints what differs and `N passed, N failed`, and ends the program."""
    brokers.end_all_on_signals()
    kind = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    kind.prepare()
    broker = kind(os.path.join(home, kind.name), properties)
    broker.start()
    try:
        lines = walk(broker.port)
    finally:
        broker.stop()
    if sys.argv[1:] == ['--rewrite']:
        with open(expected, 'w') as file:
            file.writelines(line + '\n' for line in lines)
    with open(expected) as file:
        wanted = file.read().splitlines()
    differences = list(difflib.unified_diff(wanted, lines, 'Apache Kafka ' + release, kind.name, n=0, lineterm=''))
    for line in differences:
        print(line)
    failed = sum(line.startswith('+') for line in differences[2:])
    print('%d passed, %d failed' % (len(lines) - failed, failed))
    sys.exit(1 if differences else 0)
