"""A pytest plug-in: gives the tests of kafka-python the broker that is running instead of one that they start.

They have a mode for that (KAFKA_URI), which in 2.0.2 lacks the client factories of the fixture it stands for.
"""
import os
from urllib.parse import urlparse

from test import fixtures


class ExternalBroker(fixtures.KafkaFixture):
    def __init__(self):
        address = urlparse(os.environ['KAFKA_URI'])
        self.host, self.port, self.transport = address.hostname, address.port, 'PLAINTEXT'
        self.sasl_mechanism, self.sasl_config = None, ''
        self.broker_id, self.replicas, self.partitions = int(os.environ['BROKER_ID']), 1, 4
        self.zookeeper, self.zk_chroot, self.auto_create_topic = None, '', True
        self.child, self.running = None, True
        self._client, = self.get_clients(1, client_id='_internal_client')

    def close(self):
        self._client.close()

    def stop(self):
        """The broker goes on: it belongs to suite.py."""


fixtures.KafkaFixture.instance = classmethod(lambda cls, *arguments, **options: ExternalBroker())
