"""librdkafka as a load generator: produces, then consumes, `count` records of `size` bytes; prints one line of JSON each."""

import json
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition

bootstrap, topic, work, count, size = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
failures = []


def delivered(error, _):
    if error is not None:
        failures.append(str(error))


def produce():
    producer = Producer(
        {"bootstrap.servers": bootstrap, "acks": "all", "linger.ms": 5, "queue.buffering.max.messages": 500_000}
    )
    value = b"x" * size
    for _ in range(count):
        while True:
            try:
                producer.produce(topic, value, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(0.01)
    producer.flush()


def consume():
    # By default it asks for nothing during a whole second once it has 100,000 records, and so mostly waits for itself.
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "bench",
            "enable.auto.commit": False,
            "fetch.queue.backoff.ms": 20,
        }
    )
    consumer.assign([TopicPartition(topic, 0, 0)])
    seen = 0
    while seen < count:
        for message in consumer.consume(10_000, 10):
            if message.error() is not None:
                raise SystemExit(str(message.error()))
            seen += 1
    consumer.close()


start = time.monotonic()
{"produce": produce, "consume": consume}[work]()
seconds = time.monotonic() - start
if failures:
    raise SystemExit(f"{len(failures)} records were not delivered: {failures[0]}")
print(json.dumps({"perSecond": count / seconds}))
