"""compat/suites.tsv and compat/results.tsv: what suites there are, and what came of their last runs."""
import collections
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITES = os.path.join(ROOT, 'compat', 'suites.tsv')
RESULTS = os.path.join(ROOT, 'compat', 'results.tsv')
HEADER = '# What came of the suites of suites.tsv; written by ./dev suites --doc.\n# command\tbroker\tpassed\tfailed\tseconds\n'

Suite = collections.namedtuple('Suite', 'name when apache command')
Result = collections.namedtuple('Result', 'passed failed seconds')


def rows(path):
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8') as file:
        return [line.rstrip('\n').split('\t') for line in file if line.strip() and not line.startswith('#')]


def suites():
    return [Suite(*row) for row in rows(SUITES)]


def results(path=RESULTS):
    """(command, broker) -> Result"""
    return {(command, broker): Result(*map(int, numbers)) for command, broker, *numbers in rows(path)}


def keep(command, broker, passed, failed, seconds, path=RESULTS):
    every = results(path)
    every[command, broker] = Result(passed, failed, seconds)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(HEADER)
        for (command, broker), result in sorted(every.items()):
            file.write('\t'.join(map(str, (command, broker, *result))) + '\n')


def recorded_by_apache(path):
    """What a file of `test, result, seconds` says that Apache passes, of how many."""
    results = [row[1] for row in rows(os.path.join(ROOT, path))]
    ran = [result for result in results if result != 'SKIP']
    return sum(result == 'PASS' for result in ran), len(ran)
