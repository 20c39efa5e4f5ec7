"""docs/compatibility.md: API by API and suite by suite, where Odradek stands beside Apache Kafka.

Written from cmd/api/api_table.cc (what is served), exceptions.py, what lies in compat/, and the counts of a run.  The counts and
Apache's versions are read back from the page itself when it is checked without a run, so that whatever else is stale shows.
"""
import glob
import os
import re

import exceptions
import schema
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


def suite_lines():
    described = dict(re.findall(r'^\| `([\w.-]+)/run\.sh` \| (.*) \|$', read('compat', 'README.md'), re.M))
    clients = set(re.findall(r'^([\w.-]+)\t', read('compat', 'clients.tsv'), re.M))
    yield '| suite | what it does | left out | findings |'
    yield '|---|---|---|---|'
    for script in sorted(glob.glob(os.path.join(schema.ROOT, 'compat', '*', 'run.sh'))):
        folder = os.path.dirname(script)
        name = os.path.basename(folder)
        skipped = ''
        if os.path.exists(os.path.join(folder, 'skip')):
            count = sum(1 for line in read('compat', name, 'skip').splitlines() if line and not line.startswith('#'))
            skipped = '[%d, with reasons](../compat/%s/skip)' % (count, name)
        findings = '[findings](../compat/%s/FINDINGS.md)' % name if os.path.exists(os.path.join(folder, 'FINDINGS.md')) else ''
        text = described.get(name) or ('the tweets story with this client (table in the [README](../README.md))' if name in clients else first_words(name))
        yield '| [%s](../compat/%s) | %s | %s | %s |' % (name, name, text, skipped, findings)


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
    lines += ['', '## Suite by suite', '', 'Each is run by its `run.sh`, against Apache Kafka too; what it leaves out, it leaves out for a reason that is written beside it.', '']
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
