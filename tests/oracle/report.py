"""docs/compatibility.md: API by API and suite by suite, where Odradek stands beside Apache Kafka.

Written from cmd/api/api_table.cc (what is served), exceptions.py, the counts of a run, and compat/results.tsv.  The counts and Apache's
versions are read back from the page itself when it is checked without a run, so that whatever else is stale shows.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), 'compat', 'lib'))
import exceptions
import schema
import suite_results
from generate import WEIGHTS

PAGE = os.path.join(schema.ROOT, 'docs', 'compatibility.md')
TABLE_ROW = re.compile(r'\{ApiKey::k(\w+), (\d+), (\d+), k(Broker|Controller|Both),')
PAGE_ROW = re.compile(r'\| (\w+) \| \d+ \| [^|]*\| ([^|]*) \| ([\d,]*) \| ([\d,]*) \|')


def read(*path):
    with open(os.path.join(schema.ROOT, *path), encoding='utf-8') as file:
        return file.read()


def served():
    """name -> (first, last) on the listeners of clients, as the table of the sources has it."""
    rows = TABLE_ROW.findall(read('cmd', 'api', 'api_table.cc'))
    return {name: (int(first), int(last)) for name, first, last, listeners in rows if listeners != 'Controller'}


def shown(versions):
    return '-' if versions is None else '%d' % versions[0] if versions[0] == versions[1] else '%d-%d' % versions


def remembered():
    """What the page says of Apache's versions and of the counts: compared, differing."""
    apache, counts, differing = {}, {}, {}
    if os.path.exists(PAGE):
        for name, versions, count, differs in PAGE_ROW.findall(read('docs', 'compatibility.md')):
            if versions != '-':
                first, _, last = versions.partition('-')
                apache[name] = int(first), int(last or first)
            counts[name], differing[name] = int(count.replace(',', '') or 0), int(differs.replace(',', '') or 0)
    return apache, counts, differing


def number(count):
    return '{:,}'.format(count) if count else ''


def api_lines(apache, counts, differing):
    ours = served()
    yield '| API | key | Odradek | Apache 4.3.1 | compared | differ | exceptions |'
    yield '|---|---|---|---|---|---|---|'
    for api in sorted(schema.APIS.values(), key=lambda api: api.key):
        if api.name not in ours and api.name not in apache:
            continue
        notes = [rule.name for rule in exceptions.EXCEPTIONS if rule.apis != 'all' and api.name in rule.apis]
        if api.name in exceptions.NOT_YET:
            notes.insert(0, 'not compared yet: ' + exceptions.NOT_YET[api.name])
        elif api.name not in ours:
            notes.insert(0, exceptions.UNSERVED.get(api.name, '**not served**'))
        elif api.name not in WEIGHTS:
            notes.insert(0, 'not drawn yet')
        yield '| %s | %d | %s | %s | %s | %s | %s |' % (api.name, api.key, shown(ours.get(api.name)), shown(apache.get(api.name)),
                                                     number(counts.get(api.name)), number(differing.get(api.name)), '; '.join(notes))


def exception_lines():
    yield '| exception | where | why |'
    yield '|---|---|---|'
    for name, where, reason in exceptions.TREATED:
        yield '| %s | %s | %s |' % (name, where, reason)
    for rule in exceptions.EXCEPTIONS:
        yield '| %s | %s | %s |' % (rule.name, rule.apis if isinstance(rule.apis, str) else ', '.join(rule.apis), rule.reason)


def first_words(name):
    """What a script says of itself in its first comment."""
    found = re.search(r'^# run\.sh[^:]*: (.*(?:\n#.*)*)', read('compat', name, 'run.sh'), re.M)
    return re.sub(r'\n# *', ' ', found.group(1)).replace('|', '/') if found else ''


def of(result):
    return '' if result is None else '{:,} of {:,}'.format(result.passed, result.passed + result.failed)


def left_out(name):
    if not os.path.exists(os.path.join(schema.ROOT, 'compat', name, 'skip')):
        return ''
    count = sum(1 for line in read('compat', name, 'skip').splitlines() if line and not line.startswith('#'))
    return '[%d, with reasons](../compat/%s/skip)' % (count, name)


def described(name):
    """The name as a link, and what it does."""
    if name == 'chaos':
        return '[chaos](../tests/chaos)', 'clients at work while the broker is killed, frozen and loses its power: is every promise kept?'
    if name == 'matrix':
        stories = sum(1 for line in read('compat', 'clients.tsv').splitlines() if line and not line.startswith('#'))
        return '[matrix](../compat/clients.tsv)', 'the tweets story, %d times: clients of every era, and old ones beside new ones (table in the [README](../README.md))' % stories
    rows = dict(re.findall(r'^\| `([\w.-]+)/run\.sh` \| (.*) \|$', read('compat', 'README.md'), re.M))
    return '[%s](../compat/%s)' % (name, name), rows.get(name) or first_words(name)


def suite_lines():
    results = suite_results.results()
    yield '| suite | what it does | command | Odradek | Apache | seconds | left out | findings |'
    yield '|---|---|---|---|---|---|---|---|'
    last = None
    for suite in suite_results.suites():
        ours, theirs = results.get((suite.command, 'odradek')), results.get((suite.command, 'apache'))
        apache = of(theirs) if suite.apache == 'yes' else '-' if suite.apache == 'no' else '%d of %d' % suite_results.recorded_by_apache(suite.apache)
        link, text = described(suite.name) if suite.name != last else ('', '')
        findings = '[findings](../compat/%s/FINDINGS.md)' % suite.name if os.path.exists(os.path.join(schema.ROOT, 'compat', suite.name, 'FINDINGS.md')) else ''
        yield '| %s | %s | `%s` | %s | %s | %s | %s | %s |' % (
            link, text, suite.command, of(ours), apache, ours.seconds if ours else '', left_out(suite.name) if link else '', findings if link else '')
        last = suite.name


def page(apache, counts, differing):
    lines = [
        '# Where Odradek stands beside Apache Kafka', '',
        'Made by `./dev oracle --write-doc`; not edited by hand. `./dev oracle` fails where an answer differs from that of Apache Kafka 4.3.1 in a way that',
        'is not named below; `./dev oracle --check-doc` where this page is older than the sources.', '',
        '## API by API', '',
        'Versions on the listeners of clients: the floors are those of 3.9, the last release that serves clients before 2.1. "Compared" counts the',
        'requests of one run, seeded, valid and invalid, whose answers were compared with those of Apache, field by field; "differ" counts those that were',
        'other in a way that is not named below. One difference can make others, when it leaves another state behind.', '']
    lines += api_lines(apache, counts, differing)
    lines += ['', '%s requests compared, %d differ.' % ('{:,}'.format(sum(counts.values())), sum(differing.values())), '', '## What may differ', '']
    lines += exception_lines()
    lines += ['', '## Suite by suite', '',
              'What passed of what was run, as `./dev suites --doc` has written it down: for Odradek and, where a suite can be run against it, for the release of',
              'Apache Kafka that the suite is made for. Seconds are those of Odradek. What a suite leaves out, it leaves out for a reason that is written beside it.', '']
    lines += suite_lines()
    return '\n'.join(lines) + '\n'


def write(apache, counts, differing):
    with open(PAGE, 'w', encoding='utf-8') as file:
        file.write(page(apache, counts, differing))


def renew():
    """With the counts that the page has."""
    write(*remembered())


def stale():
    """Whether the page is another than what the sources make of it."""
    return not os.path.exists(PAGE) or read('docs', 'compatibility.md') != page(*remembered())
