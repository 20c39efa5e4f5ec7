"""Alternating runs of one workload on both brokers: A B, B A, A B ..., and what they say together."""
import statistics
import time

import load
from rivals import RETENTION_CHECK_SECONDS
from workloads import AT_LEAST, FIGURES


class Row:
    """A line of the table.  ours and theirs: figure -> value, medians of the runs; theirs may be empty."""

    def __init__(self, name, figure, ours, theirs, ratios=(), **rest):
        self.name, self.figure, self.ours, self.theirs, self.ratios = name, figure, ours, theirs, list(ratios)
        self.durability = rest.pop('durability', 'relaxed')
        self.bound = rest.pop('bound', '')
        self.others = rest.pop('others', 0.0)
        self.to_reach = rest.pop('to_reach', {})  # figure -> bound
        self.ratio_to_reach = rest.pop('ratio_to_reach', 0.0)
        self.runs = rest.pop('runs', [])
        self.note = rest.pop('note', '')
        if rest:
            raise TypeError('unknown %s' % sorted(rest))

    @property
    def ratio(self):
        if self.ratios:
            return statistics.median(self.ratios)
        ours, theirs = self.ours.get(self.figure), self.theirs.get(self.figure)
        return quotient(self.figure, ours, theirs) if ours and theirs else 0.0

    def missed(self):
        """figure -> bound, of those that are not reached."""
        found = {}
        for figure, bound in self.to_reach.items():
            value = self.ours.get(figure)
            if value is None or (value < bound if figure in AT_LEAST else value > bound):
                found[figure] = bound
        if self.ratio_to_reach and self.ratio < self.ratio_to_reach:
            found['ratio'] = self.ratio_to_reach
        return found

    def as_json(self):
        return {'name': self.name, 'figure': self.figure, 'odradek': self.ours, 'apache': self.theirs, 'ratio': self.ratio,
                'ratios': self.ratios, 'durability': self.durability, 'bound': self.bound, 'others': self.others,
                'to_reach': self.to_reach, 'ratio_to_reach': self.ratio_to_reach, 'missed': self.missed(), 'note': self.note,
                'runs': self.runs}

    @classmethod
    def from_json(cls, row):
        rest = {key: row[key] for key in ('durability', 'bound', 'others', 'to_reach', 'ratio_to_reach', 'runs', 'note')}
        return cls(row['name'], row['figure'], row['odradek'], row['apache'], row['ratios'], **rest)


def quotient(figure, ours, theirs):
    """How much better ours is."""
    return ours / theirs if figure in AT_LEAST else theirs / ours


def figures_of(run):
    return {figure: run[key] for figure, (key, _, _) in FIGURES.items() if key in run and (run[key] or not figure.startswith('cpu/'))}


def medians(runs):
    rows = [figures_of(run) for run in runs]
    return {figure: statistics.median(row[figure] for row in rows) for figure in rows[0]}


def bottleneck(runs):
    """Whose core was the limit.  Throughput of a row that the broker does not bound is only what the client asked for."""
    client = statistics.median(run['client_cpu_share'] for run in runs)
    broker = statistics.median(run['broker_cpu_share'] for run in runs)
    if client >= 0.9:
        return 'client'
    return 'broker' if broker >= 0.9 else 'waiting'


def compare(workload, pair, pairs, seconds, warm_up):
    """pair: name -> broker; `apache` may be missing."""
    runs = {name: [] for name in pair}
    ratios = []
    for number in range(pairs):
        order = list(pair) if number % 2 == 0 else list(pair)[::-1]
        for name in order:
            arguments = '%s --seconds %g --warm-up %g' % (workload.load, seconds, warm_up if number == 0 else 0.5)
            runs[name].append(load.run(pair[name], arguments, workload.name, workload.topic_of(name)))
        if 'apache' in pair:
            ours, theirs = (figures_of(runs[name][-1]).get(workload.figure) for name in ('odradek', 'apache'))
            if ours and theirs:
                ratios.append(quotient(workload.figure, ours, theirs))
    for name, broker in pair.items():
        if 'produce' in workload.load:  # fast is not wrong
            time.sleep(2 * RETENTION_CHECK_SECONDS)  # what is read now is not deleted meanwhile
            partitions = workload.load.split('--partitions ')[1].split()[0] if '--partitions' in workload.load else '1'
            load.run(broker, 'check --fetch-bytes 1048576 --partitions ' + partitions, workload.name)
    return Row(workload.name, workload.figure, medians(runs['odradek']), medians(runs['apache']) if 'apache' in pair else {}, ratios,
               durability=workload.durability, bound=bottleneck(runs['odradek']), to_reach=workload.to_reach,
               others=statistics.mean(run['others'] for run in runs['odradek']),
               ratio_to_reach=workload.ratio if 'apache' in pair else 0.0, runs=[{'broker': name, **run} for name in pair for run in runs[name]])
