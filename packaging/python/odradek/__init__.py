"""Odradek, a native broker that speaks Apache Kafka's protocol: the program itself, and brokers for tests in odradek.testing."""
import os
import sys

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'bin', 'odradek')


def main():
    """The command line: becomes the program."""
    os.execv(PROGRAM, ['odradek', *sys.argv[1:]])
