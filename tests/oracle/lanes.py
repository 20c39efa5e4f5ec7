"""Lanes: episodes side by side, a process each.  While one waits for a broker, the brokers serve another.

Episodes do not see each other (steps.Scoped), so what a lane finds does not depend on how many there are.
"""
import collections
import multiprocessing
import traceback

FORK = multiprocessing.get_context('fork')


class Tally:
    """What became of the requests of a lane, or of all lanes."""
    COUNTERS = ('counts', 'differing', 'reordered', 'used', 'signatures')

    def __init__(self):
        self.failed, self.requests, self.fleeting = 0, 0, 0  # fleeting: differences that the same requests do not show again
        for name in self.COUNTERS:
            setattr(self, name, collections.Counter())

    def add(self, other):
        self.failed += other.failed
        self.requests += other.requests
        self.fleeting += other.fleeting
        for name in self.COUNTERS:
            getattr(self, name).update(getattr(other, name))


class Episodes:
    """The numbers of the episodes that are left, given to whichever lane asks next."""

    def __init__(self, count):
        self.count, self.next = count, FORK.Value('i', 0)

    def __iter__(self):
        while True:
            with self.next.get_lock():
                number = self.next.value
                self.next.value += 1
            if number >= self.count:
                return
            yield number


def side_by_side(count, work):
    """work(lane) -> Tally, in `count` processes; all of them together.  A lane that breaks off is a failure of the run."""
    def lane(index, told):
        try:
            told.send(work(index))
        except Exception:
            traceback.print_exc()
            raise SystemExit(1)
    lanes = []
    for index in range(count):
        heard, told = FORK.Pipe(duplex=False)
        process = FORK.Process(target=lane, args=(index, told))
        process.start()
        told.close()  # so that the end of the process is the end of the pipe
        lanes.append((process, heard))
    total = Tally()
    for index, (process, heard) in enumerate(lanes):
        try:
            total.add(heard.recv())
        except EOFError:
            print('lane %d broke off' % index)
            total.failed += 1
        process.join()
    return total
