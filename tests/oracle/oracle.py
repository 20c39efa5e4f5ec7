#!/usr/bin/env python3
"""The same requests to Odradek and to Apache Kafka: do their answers agree, field by field?

  oracle.py [--seed S] [--requests N] [--episode SEED] [--api NAME] [--lanes N] [--old] [--keep-going] [--no-shrink]
            [--write-doc | --renew-doc | --check-doc]

Episodes of some hundred seeded requests, each in names of its own, over all APIs and versions that both serve; --old takes Apache
Kafka 3.9.2 and compares the versions below 4.3's floors.  A difference that exceptions.py does not name is shrunk to a short
sequence and printed; it fails the run.  One that three replays of its episode do not show again is told, and the second of them fails
the run.  Closing line: `N passed, N failed`, a request each.

--check-doc only tells whether docs/compatibility.md is what the sources make of it, --renew-doc makes it that; --write-doc writes it with
the counts of the run.
"""
import argparse
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'compat', 'lib'))
import brokers  # noqa: E402
import exceptions  # noqa: E402
import report  # noqa: E402
import schema  # noqa: E402
from generate import Generator, WEIGHTS  # noqa: E402
from lanes import Episodes, side_by_side, Tally  # noqa: E402
from pair import Pair  # noqa: E402
from shrink import scopes, shrink  # noqa: E402

brokers.START_TIMEOUT_SECONDS = 400  # a busy machine starts a JVM slowly
HOME = os.path.join(ROOT, 'build', 'oracle')
EPISODE = 250
LANES = 3
REPLAYS = 3  # before a difference counts as fleeting
FLEETING_MAX = 1  # differences that no replay shows: a deadline of some milliseconds, met on one side only
PROPERTIES = {'odradek.durability': 'relaxed', 'log.retention.ms': -1, 'offsets.topic.num.partitions': 3,
              'transaction.state.log.num.partitions': 3, 'transaction.abort.timed.out.transaction.cleanup.interval.ms': 3600000,
              'group.min.session.timeout.ms': 6000, 'log.cleaner.backoff.ms': 3600000}

# What 4.3 has by default.
OLD_PROPERTIES = {'log.message.timestamp.after.max.ms': 3600000, 'group.coordinator.new.enable': 'true'}


def table(side):
    """name -> (first, last) as ApiVersions tells it."""
    answer = side.ask('ApiVersions', 0, {})
    return {schema.BY_KEY[row['api_key']].name: (row['min_version'], row['max_version']) for row in answer['api_keys']
            if row['api_key'] in schema.BY_KEY}


def both(apache, ours, old):
    found = {}
    for name, (first, last) in apache.items():
        if not old:
            first = max(first, exceptions.ADVERTISED_ONLY_BELOW.get(name, first))
        if name in ours and max(first, ours[name][0]) <= min(last, ours[name][1]):
            found[name] = max(first, ours[name][0]), min(last, ours[name][1])
    return found


class Run:
    """The episodes of a lane."""

    def __init__(self, options, pair, served, compared, lane):
        self.options, self.pair, self.served, self.compared = options, pair, served, compared
        self.scopes = scopes(lane, options.lanes)
        self.tally = Tally()

    def is_compared(self, step):
        first, last = self.compared.get(step.api.name, (1, 0))
        return first <= step.version <= last

    def episode(self, seed, length):
        """Runs it; ends at a difference, unless --keep-going."""
        scope = next(self.scopes)
        self.pair.begin(scope)
        generator = Generator(seed, self.served, self.pair.sides[0], self.options.api, self.compared if self.options.old else None)
        steps = []
        count = 0
        while count < length:
            step = generator.next()
            steps.append(step)
            for each in getattr(step, 'steps', [step]):
                each.compared = self.is_compared(each)
            results = self.pair.run(step)
            for result in results:
                count += 1
                if not result.step.compared:
                    continue
                self.tally.counts[result.step.api.name] += 1
                self.tally.used.update(result.used)
                if result.reordered:
                    self.tally.reordered[result.step.api.name] += 1
                if result.differences and self.tell(seed, steps, result):
                    self.pair.clean()
                    return count
            for result in results:
                generator.observe(result.step, result.apache, self.pair.topics, scope, step.hasty)
        self.pair.clean()
        return count

    def tell(self, seed, steps, result):
        """Reports a difference; whether the episode must end here."""
        going_on = self.options.keep_going
        if not going_on and not any(self.differs_again(steps, result) for _ in range(REPLAYS)):
            self.tally.fleeting += 1
            print('\n%s v%d differed once, and in replays no more (episode seed %d, request %d): %s' % (
                result.step.api.name, result.step.version, seed, result.step.number, result.differences[0]), flush=True)
            return True
        self.tally.failed += 1
        self.tally.differing[result.step.api.name] += 1
        signature = (result.step.api.name, result.differences[0].field(), repr(result.differences[0].apache)[:40],
                     repr(result.differences[0].ours)[:40])
        self.tally.signatures[signature] += 1
        if self.tally.signatures[signature] > 1:
            return not going_on
        print('\n=== %s v%d differs (episode seed %d, request %d)' % (result.step.api.name, result.step.version, seed, result.step.number))
        for difference in result.differences[:12] if not self.options.episode else result.differences:
            print('    %s' % difference)
        print('    beside it: %s' % (result.place,))
        if not going_on and not self.options.no_shrink:
            steps = shrink(steps, lambda candidate: self.differs_again(candidate, result), time.monotonic)
        for step in steps if len(steps) <= 30 and not going_on else steps[-1:]:
            print('  %s' % step)
        sys.stdout.flush()
        return not going_on

    def differs_again(self, steps, wanted):
        """Whether a sequence, in an episode of its own, ends in that difference."""
        self.pair.begin(next(self.scopes))
        last = []
        for step in steps:
            last = self.pair.run(step)
        self.pair.clean()
        field = wanted.differences[0].field()
        return any(result.step.number == wanted.step.number and any(difference.field() == field for difference in result.differences)
                   for result in last)

    def all(self, episodes):
        if self.options.episode is not None:
            self.tally.requests = self.episode(self.options.episode, EPISODE)
            return self.tally
        for number in episodes:
            length = min(EPISODE, self.options.requests - number * EPISODE)
            self.tally.requests += self.episode(self.options.seed * 100003 + number, length)
            if number % 20 == 19:
                print('episode %d of %d' % (number + 1, episodes.count), flush=True)
        return self.tally


def ready(side):
    """The coordinators' topics are there before the first episode."""
    for name, version, value in (('FindCoordinator', 3, {'key': 'g', 'key_type': 0}), ('FindCoordinator', 3, {'key': 't', 'key_type': 1})):
        deadline = time.monotonic() + 30
        while side.ask(name, version, value)['error_code'] != 0:
            if time.monotonic() > deadline:
                raise SystemExit('%s has no coordinator' % side.name)
            time.sleep(0.05)
    deadline = time.monotonic() + 30
    while side.ask('InitProducerId', 2, {'transactional_id': 'warm', 'transaction_timeout_ms': 60000})['error_code'] != 0 or \
            side.ask('ListGroups', 4, {})['error_code'] != 0:
        if time.monotonic() > deadline:
            raise SystemExit('%s is not ready' % side.name)
        time.sleep(0.05)


def arguments():
    parser = argparse.ArgumentParser(prog='./dev oracle', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--requests', type=int, default=20000)
    parser.add_argument('--lanes', type=int, default=LANES, help='how many episodes at once')
    parser.add_argument('--episode', type=int, help='only the episode of this seed, as a report names it')
    parser.add_argument('--api', choices=sorted(WEIGHTS), help='draw this one far more often')
    parser.add_argument('--keep-going', action='store_true', help='tell every kind of difference once, unshrunk')
    parser.add_argument('--no-shrink', action='store_true')
    parser.add_argument('--old', action='store_true', help='Apache 3.9.2, and the versions below the floors of 4.3.1')
    parser.add_argument('--write-doc', action='store_true')
    parser.add_argument('--renew-doc', action='store_true')
    parser.add_argument('--check-doc', action='store_true')
    options = parser.parse_args()
    if options.episode is not None:
        options.lanes = 1
    return options


def table_faults(apache, ours, old):
    """What Odradek advertises must be what Apache does; the floors are those of 3.9, the rest is named in exceptions.py."""
    for name, (first, last) in apache.items():
        if name not in ours:
            if name not in exceptions.UNSERVED and not old:
                yield '%s is not served' % name
        elif old and first != ours[name][0] and name not in exceptions.FLOORS:
            yield '%s begins with %d, Apache 3.9.2 with %d' % (name, ours[name][0], first)
        elif not old and (last != ours[name][1] or first < ours[name][0]):
            yield '%s is served at %d-%d, by Apache at %d-%d' % (name, *ours[name], first, last)
    if not old:
        yield from ('%s is served, and not by Apache' % name for name in ours if name not in apache)
        yield from ('%s is served: exceptions.py must not excuse it' % name for name in ours if name in exceptions.UNSERVED)


def compared_versions(served, old):
    """Of the versions that both serve: with 3.9.2, only those that 4.3.1 no longer serves."""
    if not old:
        return served
    floors = {name: max(first, exceptions.ADVERTISED_ONLY_BELOW.get(name, first)) for name, (first, _) in report.remembered()[0].items()}
    return {name: (first, floors[name] - 1) for name, (first, _) in served.items() if name in floors and first < floors[name]}


def main():
    options = arguments()
    if options.renew_doc:
        report.renew()
        return
    if options.check_doc:
        if report.stale():
            sys.exit('docs/compatibility.md is not what the sources say: ./dev oracle --renew-doc')
        return
    brokers.end_all_on_signals()
    release = '3.9.2' if options.old else '4.3.1'
    brokers.Apache.release = release
    pair_of = []
    for kind in (brokers.Apache, brokers.Odradek):
        kind.prepare()
        pair_of.append(kind(os.path.join(HOME, kind.name + '-' + release), dict(PROPERTIES, **OLD_PROPERTIES if options.old else {})))
    begun = time.monotonic()
    try:
        for broker in pair_of:
            broker.start()
        pair = Pair(*pair_of)
        for side in pair.sides:
            ready(side)
        apache, ours = map(table, pair.sides)
        faults = list(table_faults(apache, ours, options.old))
        for fault in faults:
            print('ApiVersions: ' + fault)
        served = {name: versions for name, versions in both(apache, ours, options.old).items() if name in WEIGHTS and name not in exceptions.NOT_YET}
        compared = compared_versions(served, options.old)
        episodes = Episodes(1 if options.episode is not None else -(-options.requests // EPISODE))
        begun = time.monotonic()
        tally = side_by_side(options.lanes, lambda lane: Run(options, Pair(*pair_of), served, compared, lane).all(episodes))
    finally:
        for broker in pair_of:
            broker.stop()
    conclude(options, tally, len(faults), apache, time.monotonic() - begun)


def conclude(options, tally, faults, apache, seconds):
    total = sum(tally.counts.values())
    print('%d requests, %d compared in %.0f s: %s' % (tally.requests, total, seconds, ', '.join('%s %d' % item for item in sorted(tally.counts.items()))))
    print('answers in another order: %s' % (', '.join('%s %d' % item for item in tally.reordered.most_common()) or 'none'))
    print('exceptions used: %s' % ', '.join('%s %d' % item for item in tally.used.most_common()))
    for signature, count in tally.signatures.most_common():
        print('%5d x %s %s: Apache %s, Odradek %s' % (count, *signature))
    if options.write_doc:
        report.write(apache, tally.counts, tally.differing)
    if tally.fleeting:
        print('%d differences were fleeting; %d may be' % (tally.fleeting, FLEETING_MAX))
    failed = tally.failed + faults + (tally.fleeting if tally.fleeting > FLEETING_MAX else 0)
    print('%d passed, %d failed' % (total - tally.failed - tally.fleeting, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
