"""Lanes: every episode is run once, the tallies are added, a lane that breaks off is a failure."""
import os
import unittest

from lanes import Episodes, side_by_side, Tally


class LanesTest(unittest.TestCase):
    def test_every_episode_once(self):
        episodes = Episodes(40)

        def work(lane):
            tally = Tally()
            for number in episodes:
                tally.counts[number] += 1
                tally.failed += number == 7
            return tally
        total = side_by_side(3, work)
        self.assertEqual(total.counts, {number: 1 for number in range(40)})
        self.assertEqual(total.failed, 1)

    def test_a_lane_that_breaks_off_fails(self):
        def work(lane):
            if lane == 1:
                os._exit(9)
            return Tally()
        self.assertEqual(side_by_side(2, work).failed, 1)


if __name__ == '__main__':
    unittest.main()
