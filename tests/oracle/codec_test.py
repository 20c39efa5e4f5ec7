"""The codec against what Apache Kafka's own classes wrote: a codec that is wrong on both sides would compare nothing."""
import base64
import gzip
import json
import os
import unittest

import codec
import schema


def vectors():
    for release in ('3.9.2', '4.3.1'):
        with gzip.open(os.path.join(schema.ROOT, 'tests', 'golden', 'kafka-%s.jsonl.gz' % release), 'rt') as lines:
            yield from map(json.loads, lines)


class CodecTest(unittest.TestCase):
    def test_every_message_at_every_version(self):
        messages = {}
        for api in schema.APIS.values():
            messages[api.name + 'Request'], messages[api.name + 'Response'] = api.request, api.response
        seen = set()
        for vector in vectors():
            message = messages.get(vector['message'])
            if message is None:
                continue
            data = base64.b64decode(vector['bytes'])
            value = codec.decode(message, data, vector['version'])
            self.assertEqual(codec.encode(message, value, vector['version']), data, (vector['message'], vector['version']))
            seen.add(vector['message'])
        self.assertEqual(seen, set(messages))


if __name__ == '__main__':
    unittest.main()
