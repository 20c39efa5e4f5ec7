"""The tools that the program answers to, against Apache's own: the same command lines, a fresh broker each, the same output.

What must differ is made equal first: ports, ids, times.  The standard output and the exit code are compared whole; of the standard
error, the first line that is no log line, where the tool fails.  A case whose output Apache gives out in no order ends in `| sort`.
Closing line: `N passed, N failed`.
"""
import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

import brokers
import cases
import tool_jvm

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'shims')


class Case:
    def __init__(self, number, line):
        self.name, self.line = '%03d' % number, line
        line, _, stdin = line.partition(' << ')
        self.stdin = stdin.encode().decode('unicode_escape')
        self.sorted = line.endswith(' | sort')
        words = shlex.split(line.removesuffix(' | sort'))
        self.tool, self.arguments = words[0], words[1:]

    def words(self, broker, folder):
        values = {'{b}': broker.bootstrap, '{d}': folder, '{f}': os.path.join(HOME, 'files')}
        return [functools.reduce(lambda text, name: text.replace(name, values[name]), values, word) for word in self.arguments]


class Outcome:
    def __init__(self, out, err, code, broker):
        self.out, self.err, self.code = self.equalled(out, broker), self.equalled(err, broker), code

    @staticmethod
    def equalled(text, broker):
        text = text.replace(str(broker.port), 'PORT').replace(broker.home, 'HOME')
        text = re.sub(r'TopicId: [\w-]{22}', 'TopicId: ID', text)
        text = re.sub(r'(CreateTime|LogAppendTime):\d{13}', r'\1:TIME', text)
        text = re.sub(r'"size":\d+', '"size":BYTES', text)
        text = re.sub(r'("directoryId": "|^\d+ +\t)[\w-]{22}', r'\1ID', text, flags=re.M)
        text = re.sub(r'(HighWatermark: +)\d+', r'\1END', text)
        text = re.sub(r'^(\d+ +\tID\t)\d+ +\t(\d+ +\t)\d{13} +\t\d{13} ', r'\1END\t\2TIME\tTIME', text, flags=re.M)
        text = re.sub(r'(Epoch: )\d+', r'\1N', text)
        text = re.sub(r'"port":\d+', '"port":PORT', text)
        text = re.sub(r'CONTROLLER://127.0.0.1:\d+', 'CONTROLLER://ADDRESS', text)
        text = re.sub(r'console-consumer-[0-9a-f-]{36}', 'console-consumer-UUID', text)
        return re.sub(r'listeners=PLAINTEXT://[^ ,}]*(,CONTROLLER://[^ ,}]*)?', 'listeners=LISTENERS', text)

    def lines(self, ordered):
        return self.out.split('\n') if ordered else sorted(self.out.split('\n'))

    def complaint(self):
        """The first line of the standard error that a person would read."""
        for line in self.err.split('\n'):
            line = line.strip()
            if line and not re.match(r'(\[|WARN|ERROR|INFO|SLF4J|at |Caused|\d{4}-)', line):
                # Java gives a set out in no order.
                head, colon, options = line.partition(' takes one of these options: ')
                return head + colon + ', '.join(sorted(options.split(', ')))
        return ''


def run_apache(all_cases, broker, folder):
    for case in all_cases:
        with open(os.path.join(folder, case.name + '.args'), 'w') as file:
            file.write('\n'.join([cases.CLASSES[case.tool]] + case.words(broker, folder)))
        if case.stdin:
            with open(os.path.join(folder, case.name + '.stdin'), 'w') as file:
                file.write(case.stdin)
    subprocess.run(tool_jvm.command(folder), check=True, timeout=300)

    def read(case, kind):
        with open(os.path.join(folder, '%s.%s' % (case.name, kind))) as file:
            return file.read()
    return [Outcome(read(case, 'out'), read(case, 'err'), int(read(case, 'code')), broker) for case in all_cases]


def run_ours(all_cases, broker, folder):
    outcomes = []
    for case in all_cases:
        try:
            done = subprocess.run([broker.program, case.tool, *case.words(broker, folder)], input=case.stdin, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=30)
            outcomes.append(Outcome(done.stdout, done.stderr, done.returncode, broker))
        except subprocess.TimeoutExpired as hung:
            outcomes.append(Outcome((hung.stdout or b'').decode(), 'hung', -1, broker))
    return outcomes


def difference(case, apache, ours):
    """What is not the same; nothing if all is."""
    if apache.code != ours.code:
        return 'exit code %d, Apache has %d' % (ours.code, apache.code)
    theirs, mine = apache.lines(not case.sorted), ours.lines(not case.sorted)
    if theirs != mine:
        for number in range(max(len(theirs), len(mine))):
            left = theirs[number] if number < len(theirs) else '(nothing)'
            right = mine[number] if number < len(mine) else '(nothing)'
            if left != right:
                return 'line %d of the output\n    Apache: %r\n    ours:   %r' % (number + 1, left, right)
    if apache.code != 0 and apache.complaint() != ours.complaint():
        return 'complaint\n    Apache: %r\n    ours:   %r' % (apache.complaint(), ours.complaint())
    return ''


def compare(all_cases, pair, folders):
    start = time.monotonic()
    theirs = run_apache(all_cases, pair[0], folders[0])
    middle = time.monotonic()
    ours = run_ours(all_cases, pair[1], folders[1])
    print('%d cases: Apache %.1f s, ours %.1f s' % (len(all_cases), middle - start, time.monotonic() - middle), flush=True)
    failed = 0
    for case, apache, mine in zip(all_cases, theirs, ours):
        wrong = difference(case, apache, mine)
        if wrong:
            failed += 1
            print('FAILED %s\n  %s' % (case.line, wrong), flush=True)
    return len(all_cases) - failed, failed


def wait_for_member(broker, group):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        done = subprocess.run([broker.program, 'group', 'list', '-b', broker.bootstrap], stdout=subprocess.PIPE, text=True, timeout=20)
        if re.search(r'^%s +Stable' % group, done.stdout, re.M):
            return
        time.sleep(0.1)
    raise brokers.BrokerError('group %s has no member' % group)


def with_member(all_cases, pair, folders):
    files = os.path.join(HOME, 'files')
    shutil.rmtree(files, ignore_errors=True)
    shutil.copytree(pair[0].data, files, ignore=shutil.ignore_patterns('*-delete'))  # the broker removes those meanwhile
    consumers = []
    try:
        for broker in pair:
            subprocess.run([broker.program, 'produce', 'single', '-b', broker.bootstrap], input='x\n', text=True, check=True, timeout=20,
                           stderr=subprocess.DEVNULL)
            consumers.append(subprocess.Popen(
                [broker.program, 'kafka-console-consumer', '--bootstrap-server', broker.bootstrap, '--topic', 'single', '--group', 'live',
                 '--from-beginning', '--consumer-property', 'auto.commit.interval.ms=100'],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            wait_for_member(broker, 'live')
        time.sleep(1)  # what was read is committed
        return compare(all_cases, pair, folders)
    finally:
        for consumer in consumers:
            consumer.terminate()
            consumer.wait(20)


def count(results):
    """(passed, failed) of lines and what is wrong with each."""
    failed = 0
    for line, wrong in results:
        if wrong:
            failed += 1
            print('FAILED %s\n  %s' % (line, wrong), flush=True)
    return len(results) - failed, failed


def run_line(program, words, stdin, environment=None):
    return subprocess.run([*program, *words], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20,
                          env=dict(os.environ, **environment or {}))


def old_names(lines, broker):
    results = []
    for index, line in enumerate(lines):
        case = Case(index, line)
        done = run_line([broker.program, case.tool], case.words(broker, ''), case.stdin, {'ODRADEK_BOOTSTRAP': broker.bootstrap})
        wrong = done.returncode and 'ended with %d: %s' % (done.returncode, done.stderr)
        if not wrong and not done.stdout and case.tool not in ('cub', 'ub') and 'console-producer' not in case.tool:
            wrong = 'printed nothing'
        results.append((line, wrong))
    return count(results)


def kcat_outcome(program, case, broker, topic):
    words = [word.replace('{t}', topic) for word in case.words(broker, '')]
    try:
        done = run_line(program, words, case.stdin)
    except subprocess.TimeoutExpired:
        return 'hung', '', -1

    def lines(text):
        text = re.sub(r'\(from broker [^)]*\)', '(from BROKER)', text.replace(topic, 'TOPIC'))
        return sorted(re.sub(r'"ts":\d+', '"ts":TIME', line) for line in text.split('\n'))
    told = [line for line in lines(done.stderr) if line.startswith('% Reached')]
    return lines(done.stdout), [line.replace(': exiting', '') for line in told], done.returncode


def against_kcat(lines, broker):
    """Its topics have the same number of letters, for columns' sake."""
    results = []
    for topic in ('kcat-its', 'kcat-our'):
        run_line([broker.program, 'topic', 'create', topic, '-p', '3', '-b', broker.bootstrap], [], '')
    for index, line in enumerate(lines):
        case = Case(index, line)
        theirs = kcat_outcome(['kcat'], case, broker, 'kcat-its')
        ours = kcat_outcome([broker.program, 'kcat'], case, broker, 'kcat-our')
        results.append((line, '' if theirs == ours else 'kcat: %r\n  ours: %r' % (theirs, ours)))
    return count(results)


def main():
    brokers.Odradek.prepare()
    brokers.end_all_on_signals()
    pair = [brokers.Odradek(os.path.join(HOME, name), {'odradek.durability': 'relaxed', 'odradek.cluster.id': brokers.CLUSTER_ID}) for name in ('for-apache', 'for-ours')]
    passed = failed = 0
    wanted = sys.argv[1:] or list(cases.PARTS)
    try:
        for broker in pair:
            broker.start()
        # One JVM for all parts but the one that needs a member.
        chosen = [part for part in cases.PARTS if part in wanted or part in ('topics', 'console')]
        lines = {part: [line for line in cases.PARTS[part].split('\n') if line] for part in chosen}
        rounds = [[line for part in chosen if part != 'members' for line in lines[part]], lines.get('members', [])]
        for number, (some, run) in enumerate(zip(rounds, (compare, with_member))):
            if not some:
                continue
            folders = []
            for broker in pair:
                folders.append(os.path.join(broker.home, 'cases-%d' % number))
                os.makedirs(folders[-1])
                for name, text in cases.FILES.items():
                    with open(os.path.join(folders[-1], name), 'w') as file:
                        file.write(text)
            counts = run([Case(index, line) for index, line in enumerate(some)], pair, folders)
            passed, failed = passed + counts[0], failed + counts[1]
        for part, run, text in (('old-names', old_names, cases.OLD_NAMES), ('kcat', against_kcat, cases.KCAT)):
            if part in wanted or not sys.argv[1:]:
                counts = run([line for line in text.split('\n') if line], pair[1])
                passed, failed = passed + counts[0], failed + counts[1]
    finally:
        stopped = [broker.stop() for broker in pair]
    if not all(stopped):
        print('a broker did not end on SIGTERM')
        failed += 1
    print('%d passed, %d failed' % (passed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
