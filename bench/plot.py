#!/usr/bin/env python3
"""plot.py RESULTS.json FILE.png: bars of the ratios, and latencies by percentile.  Needs matplotlib; `./dev bench --plot` brings it."""
import json
import sys

import matplotlib
matplotlib.use('Agg')
from matplotlib import pyplot  # noqa: E402

PERCENTILES = [('p50_us', '50'), ('p90_us', '90'), ('p99_us', '99'), ('p999_us', '99.9'), ('max_us', 'max')]


def bars(axes, rows):
    rows = [row for row in rows if row['ratio']][::-1]
    ratios = [row['ratio'] for row in rows]
    low = [ratio - min(row['ratios'] or [ratio]) for row, ratio in zip(rows, ratios)]
    high = [max(row['ratios'] or [ratio]) - ratio for row, ratio in zip(rows, ratios)]
    axes.barh([row['name'] for row in rows], ratios, xerr=[low, high], color='#4477aa', height=0.6)
    axes.axvline(1, color='#888888', linewidth=1)
    axes.set_xscale('log')
    for place, ratio in enumerate(ratios):
        axes.text(ratio * 1.05, place, '%.1f' % ratio, va='center', fontsize=8)
    axes.set_title('Apache Kafka / Odradek (cost; rates inverted)')


def curves(axes, rows):
    for row, color in zip([row for row in rows if row['name'] in ('produce-one-by-one', 'end-to-end')], ('#4477aa', '#cc6677')):
        for broker, style in (('odradek', '-'), ('apache', '--')):
            runs = [run for run in row['runs'] if run['broker'] == broker]
            if runs:
                middle = [sorted(run[key] for run in runs)[len(runs) // 2] for key, _ in PERCENTILES]
                axes.plot([name for _, name in PERCENTILES], middle, style, color=color, label='%s, %s' % (row['name'], broker))
    axes.set_yscale('log')
    axes.set_xlabel('percentile')
    axes.set_ylabel('us')
    axes.set_title('Latency')
    if axes.lines:
        axes.legend(fontsize=8)


def main():
    source, target = sys.argv[1:]
    with open(source) as file:
        rows = json.load(file)['rows']
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(13, 0.3 * len(rows) + 3))
    bars(left, rows)
    curves(right, rows)
    figure.tight_layout()
    figure.savefig(target, dpi=110)


if __name__ == '__main__':
    main()
