"""The table of a run, for a terminal and for docs/performance.md."""
import os
import time

from workloads import AT_LEAST, FIGURES

UNITS = {'start': ('ms', 0), 'restart': ('ms', 0), 'idle CPU': ('%', 2), 'create': ('s', 2), 'p99 alone': ('us', 0),
         'p99.9 without': ('us', 0), 'client+broker CPU': ('s', 2), 'broker CPU': ('s', 2), 'instructions': ('', 0), 'records/s': ('/s', 0), 'average': ('us', 0)}
UNITS.update({figure: (unit, digits) for figure, (_, unit, digits) in FIGURES.items()})
HEADER = ['workload', 'Odradek', 'Apache', 'ratio', 'durability', 'bound by', 'to reach', '']


def value(figure, amount):
    unit, digits = UNITS[figure]
    return ('%s %s' % (format(round(amount, digits) if digits else round(amount), ',.%df' % digits), unit)).strip()


def shown(figures, main, wanted):
    """The figure that counts first, then the others that say something."""
    order = [main, *(figure for figure in wanted if figure != main)]
    order += [figure for figure in ('rate', 'MiB/s', 'p50', 'p99', 'p99.9', 'RSS') if figure not in order]
    order += [figure for figure in figures if figure not in order and not figure.startswith('cpu')]
    return '; '.join('%s %s' % (figure, value(figure, figures[figure])) for figure in order if figure in figures)


def bounds(row):
    said = ['%s %s %s' % (figure, '>=' if figure in AT_LEAST else '<=', value(figure, bound)) for figure, bound in row.to_reach.items()]
    if row.ratio_to_reach:
        said.append('ratio >= %.2g' % row.ratio_to_reach)
    return '; '.join(said)


def verdict(row):
    if not row.to_reach and not row.ratio_to_reach:
        return ''
    return 'missed: ' + ', '.join(row.missed()) if row.missed() else 'reached'


def cells(row):
    ratio = '%.2f' % row.ratio if row.ratio else ''
    if row.ratios and min(row.ratios) != max(row.ratios):
        ratio += ' (%.2f - %.2f)' % (min(row.ratios), max(row.ratios))
    said = verdict(row)
    if row.others > 0.15:
        said += ' (others used %.0f %% of a core)' % (row.others * 100)
    wanted = row.to_reach
    return [row.name, shown(row.ours, row.figure, wanted), shown(row.theirs, row.figure, wanted), ratio, row.durability, row.bound,
            bounds(row), said.strip()]


def table(rows):
    lines = ['| %s |' % ' | '.join(HEADER), '|' + '---|' * len(HEADER)]
    return '\n'.join(lines + ['| %s |' % ' | '.join(cells(row)) for row in rows])


def machine_line(machine):
    return '%(processor)s, %(cpus)d CPUs, %(memory_gib)d GiB, Linux %(kernel)s, TCP %(congestion_control)s, commit %(commit)s' % machine


def document(rows, machine, options, notes):
    """docs/performance.md: the last full run, and what people wrote about it (bench/notes.md)."""
    return '''# Speed

Made by `./dev bench --write-doc`; bench/notes.md is what is written by hand. Ratio: Apache Kafka 4.3.1 / Odradek, of the first figure of a row (for
rates: Odradek / Apache); the median of %d alternating pairs, and their range. Both brokers run on one machine beside the load generator (bench/load), which is one
thread with encoded frames. CPU is user and system time of the broker's process. Memory that was written is written over (segments of 64 MiB, 128 MiB kept): memory that a
virtual machine has not touched yet would be what is measured. "Bound by": `broker` and `client` are a full core of theirs, `waiting` is neither.

%s. %s.

%s

%s''' % (options.pairs, time.strftime('%Y-%m-%d', time.gmtime()), machine_line(machine), table(rows), notes)


def write_document(root, rows, machine, options):
    with open(os.path.join(root, 'bench', 'notes.md')) as file:
        notes = file.read()
    with open(os.path.join(root, 'docs', 'performance.md'), 'w') as file:
        file.write(document(rows, machine, options, notes))
