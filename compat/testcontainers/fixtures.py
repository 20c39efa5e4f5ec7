#!/usr/bin/env python3
"""Each Kafka fixture of Testcontainers for Python, started with our image; a round trip through what it says is the address."""
import sys
import time
import traceback

from kafka import KafkaConsumer, KafkaProducer

IMAGE = 'localhost/odradek:8.0.0'


def round_trip(bootstrap):
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks='all')
    producer.send('fixture', b'of testcontainers').get(20)
    producer.close()
    consumer = KafkaConsumer('fixture', bootstrap_servers=bootstrap, auto_offset_reset='earliest', group_id='fixture',
                             consumer_timeout_ms=20000)
    value = next(consumer).value
    consumer.close()
    assert value == b'of testcontainers', value



def main():
    # Only here: modules.py takes the round trip, and does without Testcontainers.
    from testcontainers.kafka import KafkaContainer, RedpandaContainer
    fixtures = {
        'KafkaContainer': lambda: KafkaContainer(IMAGE),
        'KafkaContainer.with_kraft': lambda: KafkaContainer(IMAGE).with_kraft(),
        'RedpandaContainer': lambda: RedpandaContainer(IMAGE),
    }
    failed = 0
    for name, make in fixtures.items():
        start = time.monotonic()
        try:
            with make() as container:
                started = time.monotonic()
                round_trip(container.get_bootstrap_server())
            print('Python %-28s passed, ready after %.1f s' % (name, started - start), flush=True)
        except Exception:  # whatever a fixture raises is a failure of it
            failed += 1
            print('Python %-28s FAILED' % name)
            traceback.print_exc()
    print('%d passed, %d failed' % (len(fixtures) - failed, failed))
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
