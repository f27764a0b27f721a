"""Prints the values of a topic's one partition, a line each, from the beginning to the end that it has now."""

import sys

from kafka import KafkaConsumer, TopicPartition

bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, consumer_timeout_ms=30_000)
partition = TopicPartition(topic, 0)
consumer.assign([partition])
consumer.seek_to_beginning(partition)
output = sys.stdout.buffer
for _ in range(count):
    output.write(next(consumer).value + b"\n")
output.flush()
consumer.close()
