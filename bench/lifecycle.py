"""What is measured once: starts, an idle broker, many partitions, what a kill -9 costs, readers and retention beside a producer."""
import contextlib
import shutil
import statistics
import time

import load
import machine
import rivals
from measure import Row
from workloads import KEPT, LEFT_TO_FLUSH, RECYCLED

GIB = 1 << 30
# Retention is looked for as often as it is by default: an idle broker is measured, not the workloads' setting.
SELDOM = {'log.retention.check.interval.ms': 300000}


@contextlib.contextmanager
def fresh(kind, name, started=True, properties=()):
    """A broker on an empty directory; both are gone behind it."""
    broker = rivals.Apache(name, properties) if kind == 'apache' else rivals.Odradek(name, 'relaxed', properties)
    broker.prepare()
    broker.format()
    try:
        if started:
            broker.start()
        yield broker
    finally:
        if broker.process is not None:
            broker.kill()
        shutil.rmtree(broker.data, ignore_errors=True)


def per_broker(kinds, measure):
    """figures of each, as measure(kind) says."""
    found = {kind: measure(kind) for kind in kinds}
    return found['odradek'], found.get('apache', {})


def start(kinds, quick):
    """From exec to the first acknowledged produce on an empty directory, the topic's creation included."""
    def measure(kind):
        times = []
        for _ in range(2 if kind == 'apache' or quick else 5):
            with fresh(kind, 'start-' + kind, started=False) as broker:
                times.append(rivals.seconds_to_produce(broker, 'first', create=True) * 1000)
        return {'start': statistics.median(times)}
    yield Row('start', 'start', *per_broker(kinds, measure), to_reach={'start': 60}, note='ms from exec to the first acknowledged produce')


def rest(broker, seconds):
    """An idle broker's share of a core, and memory."""
    before, began = machine.thread_seconds(broker.process.pid), time.monotonic()
    time.sleep(seconds)
    used = machine.thread_seconds(broker.process.pid) - before
    return {'idle CPU': used / (time.monotonic() - began) * 100, 'RSS': machine.resident_mib(broker.process.pid)}


def idle(kinds, quick):
    def measure(kind):
        with fresh(kind, 'idle-' + kind, properties=SELDOM) as broker:
            time.sleep(2 if quick else 8)
            return rest(broker, 4 if quick else 10)
    yield Row('idle', 'RSS', *per_broker(kinds, measure), to_reach={'RSS': 25, 'idle CPU': 0.1}, note='empty; CPU in % of a core')


def partitions(kinds, quick):
    """10,000 partitions: created and led, then left alone."""
    def measure(kind):
        with fresh(kind, 'partitions-' + kind, properties=SELDOM) as broker:
            # Kafka takes less than 10,000 in one request.
            created = [load.run(broker, 'create --partitions 1000', 'many-%d' % number)['seconds'] for number in range(10)]
            time.sleep(40)  # until the first checkpoints are written
            return {'create': sum(created), **rest(broker, 10)}
    yield Row('partitions-10000', 'create', *per_broker(kinds, measure), to_reach={'create': 3, 'RSS': 120, 'idle CPU': 0.2},
              note='s until all are led')


def killed(name, gib, count, limit_ms, rivals_too):
    """kill -9 with so much in so many partitions, and again the first produce."""
    def measurement(kinds, quick):
        def measure(kind):
            with fresh(kind, name + '-' + kind) as broker:
                written = load.run(broker, 'produce --batch-bytes 100000 --depth 5 --partitions %d --requests %d --seconds 300 --warm-up 0' % (
                    count, int(gib * GIB / 100000)), 'killed', {'segment.bytes': GIB})
                broker.kill()
                seconds = rivals.seconds_to_produce(broker, 'killed', create=False)
                checked = load.run(broker, 'check --fetch-bytes 1048576 --partitions %d' % count, 'killed')
                if checked['mib'] < written['mib_per_s'] * written['seconds'] * 0.9999:
                    raise load.LoadError('%s has %g MiB left of %g' % (kind, checked['mib'], written['mib_per_s'] * written['seconds']))
                return {'restart': seconds * 1000}
        yield Row(name, 'restart', *per_broker(kinds if rivals_too else ['odradek'], measure), to_reach={'restart': limit_ms},
                  note='ms from exec to the first acknowledged produce, %g GiB in %d partitions' % (gib, count))
    return measurement


def catch_up(kinds, quick):
    """A reader of what left the page cache long ago, and a producer at 20 MiB/s whose latency must not show it."""
    def measure(kind):
        with fresh(kind, 'catch-up-' + kind) as broker:
            fetch = 'fetch --batch-bytes 100000 --fetch-bytes 1048576 --fill-bytes %d --depth 1 --warm-up 0 --seconds 60 --passes 1' % (2 * GIB)
            load.run(broker, fetch, 'old', KEPT)  # fills it
            produce = 'produce --batch-bytes 20000 --rate 1000 --seconds %d --warm-up 1'
            alone = load.run(broker, produce % 3, 'new', RECYCLED)
            # The generator reads the log once to learn what to ask for; only then the cache is emptied.
            rates = []
            for _ in range(2):
                reader = load.background(broker, fetch + ' --wait', 'old', KEPT)
                if reader.stdout.readline().strip() != 'ready':
                    raise load.LoadError(reader.stderr.read())
                rivals.drop_from_cache(broker.data)
                beside = load.background(broker, produce % 2, 'new', RECYCLED)
                time.sleep(1.2)
                rates.append(load.finish(reader)['mib_per_s'])
                beside = load.finish(beside)
            return {'MiB/s': statistics.median(rates), 'p99': beside['p99_us'], 'p99 alone': alone['p99_us']}
    yield Row('catch-up', 'MiB/s', *per_broker(kinds, measure), to_reach={'MiB/s': 2048, 'p99': 5000}, note="cold; p99 is the producer's")


def retention(kinds, quick):
    """64 MiB segments deleted under 500 MiB/s of produce: p99.9 of the producer with and without."""
    def measure(kind):
        with fresh(kind, 'retention-' + kind) as broker:
            produce = 'produce --batch-bytes 100000 --connections 2 --rate 5243 --seconds 5 --warm-up 2'
            figures = {}
            for label, kept in (('p99.9', 128 << 20), ('p99.9 without', -1)) * 2:
                topic = 'kept%d' % kept
                row = load.run(broker, produce, topic, {**RECYCLED, **(LEFT_TO_FLUSH if kind == 'apache' else {}), 'retention.bytes': kept})
                figures.setdefault(label, []).append(row['p999_us'])
            return {label: min(values) for label, values in figures.items()}
    ours, theirs = per_broker(kinds, measure)
    yield Row('retention', 'p99.9', ours, theirs, to_reach={'p99.9': ours['p99.9 without']}, note='us; no worse than without retention')


MEASUREMENTS = {
    'start': start, 'idle': idle, 'partitions-10000': partitions,
    'kill-9': killed('kill-9', 3.5, 1000, 500, True),
    'kill-9-10GiB-10': killed('kill-9-10GiB-10', 10, 10, 1000, False),
    'kill-9-10GiB-1000': killed('kill-9-10GiB-1000', 10, 1000, 1000, False),
    'catch-up': catch_up, 'retention': retention,
}
QUICK = ('start', 'idle')
