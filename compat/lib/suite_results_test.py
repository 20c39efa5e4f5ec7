"""The list of suites is sound: what it names is there, CI runs what it says, and results are those of the list."""
import os
import tempfile
import unittest

import suite_results
from suite_results import Result, ROOT


class Suites(unittest.TestCase):
    def test_commands_are_there_and_ci_runs_what_is_said(self):
        with open(os.path.join(ROOT, '.ci', 'stages')) as file:
            stages = file.read()
        for suite in suite_results.suites():
            self.assertTrue(os.access(os.path.join(ROOT, suite.command.split()[0]), os.X_OK), suite.command)
            self.assertIn(suite.when, ('ci', 'long'))
            if suite.when == 'ci':
                self.assertIn('\n  %s\n' % suite.command, stages.replace('{ %s; }' % suite.command, '\n  %s\n' % suite.command))
            if suite.apache not in ('yes', 'no'):
                passed, ran = suite_results.recorded_by_apache(suite.apache)
                self.assertTrue(0 < passed <= ran)

    def test_every_suite_is_in_the_list(self):
        listed = {suite.command.split()[0] for suite in suite_results.suites()}
        clients = {row[0] for row in suite_results.rows(os.path.join(ROOT, 'compat', 'clients.tsv'))}
        for folder in sorted(os.listdir(os.path.join(ROOT, 'compat'))):
            script = 'compat/%s/run.sh' % folder
            if os.path.exists(os.path.join(ROOT, script)) and folder not in clients:
                self.assertIn(script, listed)

    def test_results_are_of_the_list(self):
        commands = {suite.command for suite in suite_results.suites()}
        for (command, broker), result in suite_results.results().items():
            self.assertIn(command, commands)
            self.assertIn(broker, ('odradek', 'apache'))
            self.assertGreater(result.passed + result.failed, 0)

    def test_a_result_replaces_the_one_before(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'results.tsv')
            suite_results.keep('a', 'odradek', 1, 2, 3, path)
            suite_results.keep('a', 'apache', 4, 0, 5, path)
            suite_results.keep('a', 'odradek', 6, 0, 7, path)
            self.assertEqual(suite_results.results(path), {('a', 'odradek'): Result(6, 0, 7), ('a', 'apache'): Result(4, 0, 5)})


if __name__ == '__main__':
    unittest.main()
