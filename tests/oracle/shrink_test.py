"""Shrinking: the steps that a difference needs stay, the others go."""
import itertools
import unittest

from shrink import shrink


class ShrinkTest(unittest.TestCase):
    def test_keeps_what_it_needs(self):
        needed = {3, 40, 99}
        clock = itertools.count()
        kept = shrink(list(range(100)), lambda steps: needed <= set(steps), lambda: next(clock) / 1000)
        self.assertEqual(kept, sorted(needed))

    def test_ends_in_time(self):
        clock = itertools.count(0, 30)
        kept = shrink(list(range(100)), lambda steps: True, lambda: next(clock))
        self.assertEqual(kept[-1], 99)


if __name__ == '__main__':
    unittest.main()
