"""Apache Kafka's LogCompactionTester: produces keys again and again, some of them as tombstones, waits, and reads what is left.

The tool says whether each key's last value was read.  That it also passes where nothing is compacted, so the rows that it
read must be far fewer than those that it produced.  At the end Apache's DumpLogSegments reads the compacted segments.
Closing line: `N passed, N failed`.
"""
import glob
import os
import re
import subprocess
import sys

import brokers

HOME = os.path.join(brokers.ROOT, 'build', 'compat', 'log-compaction')
MESSAGES, DUPLICATES = 60000, 20
# Small segments, no rest: the tool waits for a few seconds only.
EAGER = {'log.segment.bytes': 1 << 20, 'log.roll.ms': 400, 'log.cleaner.backoff.ms': 200, 'log.cleaner.min.cleanable.ratio': 0.01,
         'log.cleaner.dedupe.buffer.size': 8 << 20}
REDUCTION_PERCENT = 30  # a busy machine compacts less of it in time; without compaction it is 0
SLEEPS = (8, 24)  # seconds; the cleaner, which has the lowest priority, is given more of them when it was not done


def java(*arguments):
    return subprocess.run(brokers.apache_java(*arguments), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180)


def tester(broker, codec):
    for seconds in SLEEPS:
        values, reduction, output = tested(broker, codec, seconds)
        if values is None:
            return output
        print('%-7s %s values, %.1f%% reduction in %d s' % (codec, values, reduction, seconds), flush=True)
        if reduction >= REDUCTION_PERCENT:
            return None
    return 'was not compacted'


def tested(broker, codec, seconds):
    """How many values were verified (None: not all was right), by how much their log has shrunk, and what the tool said."""
    done = java('org.apache.kafka.tools.LogCompactionTester', '--bootstrap-server', broker.bootstrap, '--messages', MESSAGES,
                '--duplicates', DUPLICATES, '--percent-deletes', 20, '--topics', 2, '--sleep', seconds, '--compression-type', codec)
    validated = re.search(r'Validated (\d+) values, 0 mismatches', done.stdout)
    reduction = re.search(r'\((-?[\d.]+)% reduction\)', done.stdout)
    if done.returncode or not validated or not reduction or 'Data verification is completed' not in done.stdout:
        return None, None, 'ended with %d:\n%s' % (done.returncode, done.stdout)
    return validated.group(1), float(reduction.group(1)), done.stdout


def dump(broker):
    files = [path for path in glob.glob(os.path.join(broker.data, 'log-cleaner-test-*', '*'))
             if path.endswith(('.log', '.index', '.timeindex', '.snapshot')) and os.path.getsize(path)]
    done = java('org.apache.kafka.tools.DumpLogSegments', '--deep-iteration', '--skip-record-metadata', '--files', ','.join(files))
    complaints = [line for line in done.stdout.split('\n')
                  if 'isvalid: false' in line or 'rror' in line or 'xception' in line or 'ismatch' in line or 'ound' in line]
    if done.returncode or complaints:
        return 'DumpLogSegments: %s' % '\n'.join(complaints[:20] or [done.stdout[-2000:]])
    print('DumpLogSegments reads %d files' % len(files), flush=True)
    return None


def main():
    kind = brokers.BROKERS[os.environ.get('BROKER', 'odradek')]
    kind.prepare()
    brokers.end_all_on_signals()
    broker = kind(os.path.join(HOME, kind.name), EAGER.items())
    broker.start()
    checks = [lambda codec=codec: tester(broker, codec) for codec in sys.argv[1:] or ('none', 'gzip', 'zstd')]
    checks.append(lambda: dump(broker))
    failed = 0
    try:
        for check in checks:
            complaint = check()
            broker.check_alive()
            if complaint:
                failed += 1
                print('FAILED: %s' % complaint, flush=True)
    finally:
        broker.stop()
    print('%d passed, %d failed' % (len(checks) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
