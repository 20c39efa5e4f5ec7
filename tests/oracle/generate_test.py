"""The generator: a seed is a sequence, every request can be sent, every API is drawn at its lowest and its highest version."""
import unittest

import codec
import schema
import steps
from generate import Generator, WEIGHTS


class Nobody:
    """A broker that has answered nothing."""
    scope, answers, topic_ids = 'ep1-', {}, {}


SERVED = {name: schema.APIS[name].versions for name in WEIGHTS}


def drawn(seed, count):
    generator = Generator(seed, SERVED, Nobody)
    for _ in range(count):
        step = generator.next()
        yield from getattr(step, 'steps', [step])


class GenerateTest(unittest.TestCase):
    def test_a_seed_is_a_sequence(self):
        self.assertEqual([str(step) for step in drawn(7, 200)], [str(step) for step in drawn(7, 200)])
        self.assertNotEqual([str(step) for step in drawn(7, 200)], [str(step) for step in drawn(8, 200)])

    def test_every_request_can_be_sent_and_every_api_is_drawn(self):
        versions = set()
        for step in drawn(1, 4000):
            codec.request_frame(step.api, step.version, step.number, step.client_id, steps.resolve(step.value, Nobody))
            versions.add((step.api.name, step.version))
        for name, (first, last) in SERVED.items():
            self.assertTrue({(name, first), (name, last)} <= versions, name)


if __name__ == '__main__':
    unittest.main()
