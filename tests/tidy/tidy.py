#!/usr/bin/env python3
"""The rules of the house, checked over the sources instead of in review.

Run by ./dev test, or alone: tests/tidy/tidy.py prints each breach and ends with 1 if there is one.
A rule is a function from a Tree to its breaches ("path:line: what is wrong"); RULES names them all.  An exception is
a line in EXCEPTIONS with its reason, never a comment in the code.
"""
import collections
import os
import re
import subprocess
import sys

LEVELS = ['wire', 'storage', 'cluster', 'cmd']  # each sees itself and those to its left
FILE_LINES, LINE_COLUMNS, FUNCTION_LINES = 600, 100, 70

# rule -> {path or folder: reason}
EXCEPTIONS = {
    'threads': {
        'storage/kv/': 'RocksDB calls its listeners from threads of its own',
        'storage/fs/': 'the in-memory file system is shared with the disk threads',
        'wire/base/log.': 'the one log sink of the process',
    },
    'clocks': {
        'wire/base/log.': 'a log line carries the wall clock',
    },
    'json': {
        'storage/checkpoints.cc': '.kafka_cleanshutdown is JSON',
        'cluster/raft/quorum_state': 'quorum-state is JSON',
    },
    'file length': {},
    'function length': {},
}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]', re.M)


class Tree:
    """The sources: path -> text, as git knows them (or as a test plants them)."""

    def __init__(self, files):
        self.files = files
        self.codes = {}

    @classmethod
    def of(cls, root):
        listed = subprocess.run(['git', '-C', root, 'ls-files', '--cached', '--others', '--exclude-standard'],
                                check=True, stdout=subprocess.PIPE, text=True).stdout.split('\n')
        files = {}
        for path in listed:
            full = os.path.join(root, path)
            if not path or not os.path.isfile(full) or os.path.islink(full):
                continue
            with open(full, 'rb') as file:
                data = file.read()
            if b'\0' not in data[:8192] and len(data) < 4 << 20:
                files[path] = data.decode('utf-8', 'replace')
        return cls(files)

    def cpp(self, *folders):
        for path in sorted(self.files):
            if path.endswith(('.cc', '.h')) and (not folders or path.startswith(tuple(f + '/' for f in folders))):
                yield path

    def code(self, path):
        """The text with comments and the inside of literals blanked, line numbers kept."""
        if path not in self.codes:
            self.codes[path] = blank(self.files[path])
        return self.codes[path]


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(text):
    def spaces(match):
        token = match.group(0)
        if token.startswith('"') and text.rfind('\n', 0, match.start()) >= 0:
            line = text[text.rfind('\n', 0, match.start()) + 1:match.start()]
            if re.match(r'\s*#\s*include\s*$', line):
                return token
        return re.sub(r'[^\n]', ' ', token) if token[0] == '/' else '""' + re.sub(r'[^\n]', ' ', token[2:])
    return TOKENS.sub(spaces, text)


def excepted(rule, path):
    return any(path.startswith(prefix) for prefix in EXCEPTIONS.get(rule, {}))


def found(tree, rule, pattern, what, folders):
    expression = re.compile(pattern)
    for path in tree.cpp(*folders):
        if excepted(rule, path):
            continue
        for number, line in enumerate(tree.code(path).split('\n'), 1):
            match = expression.search(line)
            if match:
                yield '%s:%d: %s: %s' % (path, number, match.group(0).strip(), what)


def includes(tree, path):
    text = tree.files[path]
    for match in INCLUDE.finditer(text):
        yield text.count('\n', 0, match.start()) + 1, match.group(2)


def rule_levels(tree):
    """wire <- storage <- cluster <- cmd; nothing sees tests, bench or compat."""
    for path in tree.cpp(*LEVELS):
        level = LEVELS.index(path.split('/')[0])
        for number, target in includes(tree, path):
            top = target.split('/')[0]
            if top in LEVELS[level + 1:]:
                yield '%s:%d: %s may not include %s' % (path, number, LEVELS[level], target)
            elif top in ('tests', 'bench', 'compat'):
                yield '%s:%d: nothing includes %s' % (path, number, top)


def rule_libuv(tree):
    """libuv is for cmd/server only."""
    for path in tree.cpp():
        if not path.startswith(('cmd/server/', 'tests/cmd/server/')):
            for number, target in includes(tree, path):
                if target == 'uv.h' or target.startswith('uv/'):
                    yield '%s:%d: uv.h is for cmd/server only' % (path, number)


def rule_rocksdb(tree):
    """RocksDB is for storage/kv only."""
    for path in tree.cpp():
        if not path.startswith(('storage/kv/', 'tests/storage/kv/')):
            for number, target in includes(tree, path):
                if target.startswith('rocksdb/'):
                    yield '%s:%d: rocksdb/ is for storage/kv only' % (path, number)


def rule_json(tree):
    """The JSON library is for build time, tools and the files that are JSON: wire has its own writer."""
    for path in tree.cpp('wire', 'storage', 'cluster'):
        if not path.startswith('wire/codegen/') and not excepted('json', path):
            for number, target in includes(tree, path):
                if target.startswith('nlohmann/'):
                    yield '%s:%d: nlohmann/json is for wire/codegen and cmd' % (path, number)


def rule_clocks(tree):
    """Time below cmd comes through wire::Clock."""
    return found(tree, 'clocks', r'\w*_clock\s*::\s*now|\bgettimeofday\s*\(|\bclock_gettime\s*\(|\btime\s*\(\s*(?:0|NULL|nullptr)\s*\)',
                 'take a wire::Clock', LEVELS[:3])


def rule_random(tree):
    """Randomness below cmd comes through wire::Random."""
    return found(tree, 'random', r'\bs?rand\s*\(|std::random_device|std::mt19937\w*', 'take a wire::Random', LEVELS[:3])


def rule_threads(tree):
    """State machines have no threads, so they need no locks."""
    return found(tree, 'threads', r'std::j?thread\b|std::(?:\w+_)?mutex\b|std::condition_variable\w*|std::async\b|\bpthread_create\b',
                 'no threads or locks below cmd', LEVELS[:3])


def rule_coroutines(tree):
    """g++ 12 miscompiles ordinary coroutines."""
    return found(tree, 'coroutines', r'\bco_(?:await|yield|return)\b', 'no coroutines', ())


def rule_names(tree):
    """A class is named for what it is."""
    return found(tree, 'names', r'\b(?:class|struct)\s+\w*(?:Manager|Helper|Util|Utils)\b', 'name it for what it does', LEVELS)


def rule_using(tree):
    return found(tree, 'using', r'\busing\s+namespace\s+(?!std::(?:chrono_)?literals|std::string_view_literals)\w', 'no using namespace', LEVELS)


def rule_leftovers(tree):
    """What is left to do is an issue, not a comment."""
    word = re.compile(r'\b(?:TODO|FIX' r'ME|XXX|HACK)\b')
    for path in sorted(tree.files):
        if path.endswith(('.cc', '.h', '.py', '.sh', '.java', '.scala', '.cmake', 'CMakeLists.txt')) and not path.startswith('tests/tidy/'):
            for number, line in enumerate(tree.files[path].split('\n'), 1):
                if word.search(line):
                    yield '%s:%d: %s' % (path, number, line.strip()[:80])


def rule_machine_paths(tree):
    """The repository knows nothing of the machine that it was written on."""
    # /mnt/shared/config: where Apache's image looks for a mounted file.
    pattern = re.compile(r'/(?:home|root|Users|work)/\w|/mnt/(?!shared/config)\w')
    for path in sorted(tree.files):
        if not path.startswith('tests/tidy/') and not path.endswith(('.json', '.tsv', '.txt', '.bin')):
            for number, line in enumerate(tree.files[path].split('\n'), 1):
                if pattern.search(line):
                    yield '%s:%d: machine path: %s' % (path, number, line.strip()[:80])


def rule_file_length(tree):
    for path in tree.cpp():
        lines = tree.files[path].count('\n')
        if lines > FILE_LINES and not excepted('file length', path):
            yield '%s: %d lines, at most %d' % (path, lines, FILE_LINES)


def rule_line_length(tree):
    for path in tree.cpp():
        for number, line in enumerate(tree.files[path].split('\n'), 1):
            if len(line) > LINE_COLUMNS and not re.match(r'\s*(?://|#\s*include)', line) and '"' not in line:
                yield '%s:%d: %d columns, at most %d' % (path, number, len(line), LINE_COLUMNS)


FUNCTION = re.compile(r'\)\s*(?:const|noexcept|override|final|mutable|&&?|->\s*[\w:<>,\s*&]+|:\s[^;]*|\s)*$')
NOT_FUNCTION = re.compile(r'\b(?:namespace|class|struct|enum|union)\b[^()]*$|=\s*$')
MEMBER_INITIALIZER = re.compile(r'\)[^;]*(?<!:)[:,]\s+\w+$')


def functions(code):
    """(first line, last line) of what looks like a function's body: a brace behind a parameter list, outside of others."""
    depth_of_body, opened, start = None, [], 0
    line, statement = 1, 0
    for at, char in enumerate(code):
        if char == '\n':
            line += 1
        elif char == '{':
            head = code[statement:at]
            initializer = MEMBER_INITIALIZER.search(head) is not None
            opened.append(initializer)
            if depth_of_body is None and not initializer and FUNCTION.search(head) and not NOT_FUNCTION.search(head):
                depth_of_body, start = len(opened) - 1, line
            if not initializer:
                statement = at + 1
        elif char == '}':
            initializer = opened.pop() if opened else False
            if depth_of_body is not None and len(opened) == depth_of_body:
                yield start, line
                depth_of_body = None
            if not initializer:
                statement = at + 1
        elif char == ';':
            statement = at + 1


def rule_function_length(tree):
    for path in tree.cpp(*LEVELS):
        if excepted('function length', path):
            continue
        for first, last in functions(tree.code(path)):
            if last - first + 1 > FUNCTION_LINES:
                yield '%s:%d: function of %d lines, at most %d' % (path, first, last - first + 1, FUNCTION_LINES)


def rule_headers(tree):
    """A header is included once, and opens by saying what it is."""
    for path in tree.cpp(*LEVELS):
        if path.endswith('.h'):
            text = tree.files[path]
            if '#pragma once' not in text:
                yield '%s: no #pragma once' % path
            if not text.startswith('//'):
                yield '%s: does not open with what it is' % path


def rule_tests_built(tree):
    """A test is in the build: in a folder that tests/CMakeLists.txt globs, and named as it globs."""
    folders = re.findall(r'\b[a-z]+\b', re.sub(r'#[^\n]*', '', tree.files.get('tests/CMakeLists.txt', '')))
    for path in tree.cpp('tests'):
        has_tests = re.search(r'^\s*TEST(?:_F|_P)?\s*\(', tree.code(path), re.M)
        if has_tests and (path.split('/')[1] not in folders or not path.endswith('_test.cc')):
            yield '%s: has tests, but is not among the *_test.cc that tests/CMakeLists.txt builds' % path
        elif path.endswith('_test.cc') and not has_tests:
            yield '%s: has no tests' % path


def rule_documents(tree):
    """A path that a document names is there; wire/{api,metadata,coordinator,control} are made by the build."""
    folders = '|'.join(LEVELS + ['tests', 'bench', 'compat', 'docs', 'cmake', r'\.ci'])
    named = re.compile(r'`((?:%s)/[\w./-]*\w/?)`|\]\(([\w./-]+)\)' % folders)
    known = set(tree.files)
    for path in list(known):
        while '/' in path:
            path = path.rsplit('/', 1)[0]
            known.add(path)
    for path in sorted(tree.files):
        if path.endswith('.md'):
            for number, line in enumerate(tree.files[path].split('\n'), 1):
                for code, link in named.findall(line):
                    target = code or os.path.normpath(os.path.join(os.path.dirname(path), link))
                    if target.rstrip('/') not in known and not re.match('wire/(api|metadata|coordinator|control)/', target):
                        yield '%s:%d: there is no %s' % (path, number, target)


def rule_anomalies(tree):
    """Each known anomaly that one broker can have is in the name of a test, and no name has a number that docs/anomalies.md has not."""
    page = 'docs/anomalies.md'
    rows = dict(re.findall(r'^\| A(\d+) \|.*\| (one|several) \|$', tree.files.get(page, ''), re.M))
    tested = set()
    for path in sorted(tree.files):
        if path.startswith('tests/') and path.endswith(('_test.cc', '_test.py')) and not path.startswith('tests/tidy/'):
            named = re.findall(r'^TEST(?:_F|_P)?\(\w+, A(\d+)_\w+\)|^    def test_A(\d+)_', tree.files[path], re.M)
            tested.update(one or other for one, other in named)
    for number in sorted(tested - set(rows), key=int):
        yield '%s: there is no A%s, and a test is about it' % (page, number)
    for number, brokers in rows.items():
        if brokers == 'one' and number not in tested:
            yield '%s: no test is about A%s' % (page, number)


CONFIG_ROW = re.compile(r'\{\s*"([a-z][\w.]+)",\s*Type::k\w+,.*?Effect::k(\w+)', re.S)


def rule_configs(tree):
    """A config that is said to have an effect is read somewhere, by its name or by a tail of it (".num.partitions")."""
    rows = [(path, *row) for path in tree.cpp('cluster/config') for row in CONFIG_ROW.findall(tree.files[path])]
    defined = collections.Counter(name for _, name, _ in rows)
    named = collections.Counter(name for path in tree.cpp(*LEVELS) for name in re.findall(r'"([\w.]+)"', tree.files[path]))
    for path, name, effect in rows:
        tails = [name[at:] for at, char in enumerate(name) if char == '.']
        if effect == 'Yes' and named[name] <= defined[name] and not any(named[tail] for tail in tails):
            yield '%s: %s is said to have an effect, and nothing reads it' % (path, name)


RULES = collections.OrderedDict(
    (name[len('rule_'):].replace('_', ' '), value) for name, value in list(globals().items()) if name.startswith('rule_'))


def check(tree):
    return collections.OrderedDict((name, list(rule(tree))) for name, rule in RULES.items())


def check_tree(root):
    return check(Tree.of(root))


if __name__ == '__main__':
    breaches = [line for lines in check_tree(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))).values() for line in lines]
    print('\n'.join(breaches) if breaches else 'tidy')
    sys.exit(1 if breaches else 0)
