"""The story's checks see what they are for: each planted fault is found, and a sound run passes."""
import os
import tempfile
import unittest

import story


class ReadConsumer:
    """A consumer whose events are planted."""

    def __init__(self, *events):
        self.name, self.events = 'planted', list(events)
        self.records = [event for event in events if isinstance(event, story.Read)]

    check_forward = story.Consumer.check_forward


class Checks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        client = story.Client('planted', '1', ['none'], False, 20000, '4.3.1', None)
        self.story = story.Story(client, None, os.path.join(self.folder.name, 'story'))

    def tearDown(self):
        self.folder.cleanup()

    def read(self, offset, index, partition=0):
        return story.Read(partition, offset, *self.story.tweets[index])

    def fault(self, text, *consumers, acked=()):
        with self.assertRaisesRegex(story.StoryError, text):
            self.story.check_read(consumers, dict(acked))

    def test_a_sound_run_passes(self):
        acked = {0: (0, 0), 1: (0, 1), 500: (0, 2)}
        consumer = ReadConsumer({0}, self.read(0, 0), self.read(1, 1), self.read(2, 500), {0}, self.read(2, 500))
        self.story.check_read([consumer], acked)
        self.assertEqual(['1 read again at rebalances'], self.story.notes)

    def test_a_lost_tweet(self):
        self.fault('1 acknowledged tweets were not read', ReadConsumer(self.read(0, 0)), acked={0: (0, 0), 1: (0, 1)})

    def test_a_tweet_elsewhere_than_acknowledged(self):
        self.fault('was acknowledged at', ReadConsumer(self.read(0, 0), self.read(1, 1)), acked={0: (0, 1), 1: (0, 0)})

    def test_an_invented_tweet(self):
        self.fault('nobody sent', ReadConsumer(story.Read(0, 0, 'user-1', '{}')))

    def test_a_tweet_under_another_key(self):
        self.fault('has the key', ReadConsumer(self.read(0, 0)._replace(key='user-499')))

    def test_a_hole(self):
        self.fault('has a hole', ReadConsumer(self.read(0, 0), self.read(2, 1)))

    def test_two_tweets_at_one_place(self):
        self.fault('is tweet', ReadConsumer(self.read(0, 0)), ReadConsumer(self.read(0, 1)))

    def test_a_key_out_of_order(self):
        self.fault('comes after', ReadConsumer(self.read(0, 500), self.read(1, 0)))

    def test_a_key_in_two_partitions(self):
        self.fault('in two partitions', ReadConsumer(self.read(0, 0), self.read(0, 500, partition=1)))

    def test_going_back_without_an_assignment(self):
        self.fault('went from', ReadConsumer({0}, self.read(0, 0), self.read(1, 1), self.read(0, 0)))

    def test_twice_in_the_log_is_for_producers_without_idempotence(self):
        consumer = ReadConsumer(self.read(0, 0), self.read(1, 0))
        self.story.check_read([consumer], {})
        self.story.client = self.story.client._replace(idempotent=True)
        self.fault('twice in the log', consumer)


if __name__ == '__main__':
    unittest.main()
