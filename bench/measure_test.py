"""What a table says of runs: which figures are reached, ratios, whose core was the limit."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import bench  # noqa: E402
import instructions  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402
from workloads import FIGURES, WORKLOADS  # noqa: E402


def run(**figures):
    return {'client_cpu_share': 0.5, 'broker_cpu_share': 1.0, **figures}


class RowTest(unittest.TestCase):
    def test_a_bound_is_a_limit_for_costs_and_a_floor_for_rates(self):
        row = measure.Row('x', 'cpu/request', {'cpu/request': 3.0, 'rate': 100.0}, {}, to_reach={'cpu/request': 3.5, 'rate': 200})
        self.assertEqual(row.missed(), {'rate': 200})

    def test_a_figure_that_is_not_there_is_missed(self):
        self.assertEqual(measure.Row('x', 'p50', {}, {}, to_reach={'p50': 1}).missed(), {'p50': 1})

    def test_the_ratio_is_the_median_of_the_pairs(self):
        row = measure.Row('x', 'p50', {'p50': 1}, {'p50': 2}, [1.0, 9.0, 2.0], ratio_to_reach=2.5)
        self.assertEqual(row.ratio, 2.0)
        self.assertEqual(row.missed(), {'ratio': 2.5})

    def test_survives_a_file(self):
        row = measure.Row('x', 'p50', {'p50': 1}, {'p50': 2}, [1.0, 3.0], bound='broker', to_reach={'p50': 2}, ratio_to_reach=1.5, note='so')
        self.assertEqual(measure.Row.from_json(row.as_json()).as_json(), row.as_json())

    def test_of_rates_more_is_better(self):
        self.assertEqual(measure.quotient('rate', 300, 100), 3)
        self.assertEqual(measure.quotient('cpu/GiB', 0.5, 1.5), 3)

    def test_costs_of_nothing_are_no_figure(self):
        self.assertEqual(measure.figures_of({'broker_cpu_s_per_gib': 0, 'p50_us': 5}), {'p50': 5})


class BottleneckTest(unittest.TestCase):
    def test_whose_core_is_full(self):
        self.assertEqual(measure.bottleneck([run()]), 'broker')
        self.assertEqual(measure.bottleneck([run(client_cpu_share=0.95)]), 'client')
        self.assertEqual(measure.bottleneck([run(broker_cpu_share=0.3)]), 'waiting')


class ReportTest(unittest.TestCase):
    def test_each_workload_has_a_figure_and_a_unit(self):
        for workload in WORKLOADS:
            self.assertIn(workload.figure, FIGURES, workload.name)
            for figure in workload.to_reach:
                self.assertIn(figure, report.UNITS, workload.name)

    def test_names_are_of_one_row(self):
        self.assertEqual(len(bench.names()), len(set(bench.names())))

    def test_a_line_shows_the_figure_the_ratio_and_what_is_missed(self):
        row = measure.Row('x', 'cpu/GiB', {'cpu/GiB': 0.5, 'p50': 70}, {'cpu/GiB': 1.0, 'p50': 90}, [1.9, 2.1], to_reach={'cpu/GiB': 0.4},
                          bound='broker')
        self.assertEqual(report.cells(row), ['x', 'cpu/GiB 0.50 s/GiB; p50 70 us', 'cpu/GiB 1.00 s/GiB; p50 90 us', '2.00 (1.90 - 2.10)',
                                             'relaxed', 'broker', 'cpu/GiB <= 0.40 s/GiB', 'missed: cpu/GiB'])

    def test_compressed_batches_are_held_to_uncompressed_ones(self):
        plain = measure.Row('produce-100KB', 'cpu/GiB', {'cpu/GiB': 1.0}, {})
        lz4 = measure.Row('produce-lz4', 'cpu/GiB', {'cpu/GiB': 1.06}, {})
        bench.judge_wire_costs([plain, lz4])
        self.assertEqual(lz4.missed(), {'cpu/GiB': 1.05})


    def test_a_ratio_below_the_floor_fails(self):
        row = measure.Row('x', 'p50', {'p50': 1}, {'p50': 2}, [2.0], ratio_to_reach=4.1)
        self.assertEqual(bench.fallen([row], 0.5), ['x'])
        self.assertEqual(bench.fallen([row], 0.4), [])


class InstructionsTest(unittest.TestCase):
    def test_growth_beyond_three_percent_fails(self):
        self.assertTrue(instructions.judge('x', 1029, {'x': 1000})[0])
        self.assertFalse(instructions.judge('x', 1031, {'x': 1000})[0])
        self.assertFalse(instructions.judge('y', 1, {'x': 1000})[0])


if __name__ == '__main__':
    unittest.main()
