"""Each rule finds what it is for, and leaves alone what it is not for."""
import unittest

import tidy


def breaches(rule, files):
    return list(tidy.RULES[rule](tidy.Tree(files)))


class RulesFindWhatIsPlanted(unittest.TestCase):
    def planted(self, rule, path, text):
        self.assertTrue(breaches(rule, {path: text}), '%s did not see it' % rule)

    def allowed(self, rule, path, text):
        self.assertEqual([], breaches(rule, {path: text}))

    def test_levels(self):
        self.planted('levels', 'wire/a.cc', '#include "storage/log.h"\n')
        self.planted('levels', 'storage/a.h', '#include "cluster/timers.h"\n')
        self.planted('levels', 'cmd/a.cc', '#include "tests/wire/a.h"\n')
        self.allowed('levels', 'cluster/a.cc', '#include "wire/reader.h"\n#include "cluster/timers.h"\n')
        self.allowed('levels', 'tests/wire/a.cc', '#include "cmd/server/shard.h"\n')

    def test_libraries_stay_in_their_folder(self):
        self.planted('libuv', 'cmd/api/a.cc', '#include <uv.h>\n')
        self.allowed('libuv', 'cmd/server/shard.h', '#include <uv.h>\n')
        self.planted('rocksdb', 'cluster/groups/a.cc', '#include <rocksdb/db.h>\n')
        self.allowed('rocksdb', 'storage/kv/a.cc', '#include <rocksdb/db.h>\n')
        self.planted('json', 'cluster/a.cc', '#include <nlohmann/json.hpp>\n')
        self.allowed('json', 'wire/codegen/a.cc', '#include <nlohmann/json.hpp>\n')

    def test_the_world_comes_through_ports(self):
        self.planted('clocks', 'cluster/a.cc', 'auto t = std::chrono::steady_clock::now();\n')
        self.planted('clocks', 'cluster/a.cc', 'auto t = time(nullptr);\n')
        self.allowed('clocks', 'cmd/a.cc', 'auto t = std::chrono::steady_clock::now();\n')
        self.planted('random', 'wire/a.cc', 'int n = rand();\n')
        self.allowed('random', 'wire/a.cc', 'int n = operand(3);\n')
        self.planted('threads', 'cluster/raft/a.h', 'std::mutex mutex_;\n')
        self.planted('threads', 'storage/log.cc', 'std::thread t(f);\n')
        self.allowed('threads', 'storage/fs/memory.h', 'std::mutex mutex_;\n')
        self.planted('coroutines', 'cmd/a.cc', 'co_await read();\n')

    def test_comments_and_literals_are_not_code(self):
        self.allowed('threads', 'cluster/a.cc', '// no std::mutex here\n/* std::thread */ auto s = "std::mutex";\n')
        self.allowed('coroutines', 'cmd/a.cc', "char c = '\"'; // co_await\n")
        self.planted('threads', 'cluster/a.cc', "int n = 1'000'000; std::mutex m; char c = 'x';\n")

    def test_names(self):
        self.planted('names', 'cluster/a.h', 'class ReplicaManager {\n')
        self.allowed('names', 'cluster/a.h', 'class ReplicaSet {\n')
        self.planted('using', 'cluster/a.cc', 'using namespace std;\n')

    def test_configs_that_have_an_effect_are_read(self):
        row = '    {"%s", Type::kInt, "1", at_least(1), Update::kReadOnly,\n     Effect::%s, "What it does."},\n'
        table = {'cluster/config/broker_a.cc': row % ('a.ms', 'kYes') + row % ('b.ms', 'kNotYet')}
        self.assertEqual(['cluster/config/broker_a.cc: a.ms is said to have an effect, and nothing reads it'], breaches('configs', table))
        self.assertEqual([], breaches('configs', {**table, 'cluster/config/a.cc': 'get("a.ms")\n'}))
        self.assertEqual([], breaches('configs', {**table, 'cmd/a.cc': 'get(prefix + ".ms")\n'}))

    def test_anomalies_have_their_tests(self):
        page = {'docs/anomalies.md': '| A1 | lost | somewhere | none | several |\n| A2 | torn | elsewhere | none | one |\n'}
        self.assertEqual(['docs/anomalies.md: no test is about A2'], breaches('anomalies', page))
        tested = {'tests/storage/log_test.cc': 'TEST_F(LogTest, A2_IsWhole) {\n'}
        self.assertEqual([], breaches('anomalies', {**page, **tested}))
        unknown = {'tests/chaos/a_test.py': '    def test_A3_is_whole(self):\n'}
        self.assertEqual(['docs/anomalies.md: there is no A3, and a test is about it'], breaches('anomalies', {**page, **tested, **unknown}))

    def test_leftovers_and_machine_paths(self):
        self.planted('leftovers', 'cmd/a.cc', '// TO' 'DO: later\n')
        self.planted('machine paths', 'docs/a.md', 'see /home/someone/file\n')
        self.allowed('machine paths', 'docs/a.md', 'see /etc/kafka and /network/work\n')

    def test_sizes(self):
        self.planted('file length', 'cmd/a.cc', '\n' * 601)
        self.allowed('file length', 'cmd/a.cc', '\n' * 600)
        self.planted('line length', 'cmd/a.cc', 'int ' + 'x' * 100 + ';\n')
        self.planted('function length', 'cmd/a.cc', 'namespace a {\nint f(int n) {\n' + '  n++;\n' * 70 + '}\n}\n')
        self.planted('function length', 'cmd/a.cc', 'A::A(int n) : b_(n), c_{n} {\n' + '  if (n) { n++; }\n' * 70 + '}\n')
        self.allowed('function length', 'cmd/a.cc', 'int f() {\n' + '  n++;\n' * 60 + '}\nint g() {\n' + '  n++;\n' * 60 + '}\n')
        self.allowed('function length', 'cmd/a.h', 'class A {\n' + '  int f() { return 1; }\n' * 100 + '};\n')
        self.allowed('function length', 'cmd/a.cc', 'constexpr Row kRows[] = {\n' + '  {1, f(2)},\n' * 100 + '};\n')

    def test_headers(self):
        self.planted('headers', 'cmd/a.h', '// What it is.\nclass A;\n')
        self.planted('headers', 'cmd/a.h', '#pragma once\n')
        self.allowed('headers', 'cmd/a.h', '// What it is.\n#pragma once\n')

    def test_every_test_is_in_the_build(self):
        built = {'tests/CMakeLists.txt': 'foreach(level wire)\n  file(GLOB sources ${level}/*_test.cc)\n# other\n'}
        for path, text in (('wire/a.cc', 'TEST(A, B) {}\n'), ('other/a_test.cc', 'TEST(A, B) {}\n'), ('wire/a_test.cc', '\n')):
            self.assertEqual(1, len(breaches('tests built', {'tests/' + path: text, **built})), path)
        self.assertEqual([], breaches('tests built', {'tests/wire/raft/a_test.cc': 'TEST_F(A, B) {}\n', **built}))


    def test_documents_name_what_is_there(self):
        text = 'see `cmd/api/a.cc`, `cmd/api/` and [b](b.md); not `tests/<level>/` or `build/x`\n'
        there = {'docs/a.md': text, 'docs/b.md': '', 'cmd/api/a.cc': ''}
        self.assertEqual([], breaches('documents', there))
        self.assertEqual(3, len(breaches('documents', {'docs/a.md': text})))


class EveryRuleHasAReason(unittest.TestCase):
    def test_exceptions_name_rules_and_give_reasons(self):
        for rule, paths in tidy.EXCEPTIONS.items():
            self.assertIn(rule, tidy.RULES)
            for path, reason in paths.items():
                self.assertGreater(len(reason), 10, path)


if __name__ == '__main__':
    unittest.main()
