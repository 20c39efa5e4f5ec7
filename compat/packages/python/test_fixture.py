"""What the Python package promises: a broker in memory, ready within a tenth of a second or so, for the session or for a `with`."""
import time

import odradek.testing
import pytest
from kafka import KafkaConsumer, KafkaProducer


@pytest.fixture(scope='session')
def odradek_settings():
    return {'num.partitions': 2}


def round_trip(bootstrap_servers):
    producer = KafkaProducer(bootstrap_servers=bootstrap_servers)
    producer.send('fixture', b'of pytest').get(20)
    producer.close()
    consumer = KafkaConsumer('fixture', bootstrap_servers=bootstrap_servers, auto_offset_reset='earliest', group_id='g',
                             consumer_timeout_ms=20000)
    values = [next(consumer).value]
    partitions = consumer.partitions_for_topic('fixture')
    consumer.close()
    assert values == [b'of pytest']
    return partitions


def test_fixture(odradek_broker):
    assert round_trip(odradek_broker.bootstrap_servers) == {0, 1}


def test_class_with_topics():
    with odradek.testing.Broker(topics='fixture:3:1') as broker:
        assert round_trip(broker.bootstrap_servers) == {0, 1, 2}


def test_start_is_quick():
    def start():
        started = time.monotonic()
        with odradek.testing.Broker():
            return time.monotonic() - started
    assert min(start() for _ in range(5)) < 0.1


def test_failure_tells_why():
    with pytest.raises(odradek.testing.BrokerError, match='num.partitions'):
        odradek.testing.Broker(settings={'num.partitions': 'many'}).start()
