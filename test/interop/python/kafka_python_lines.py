"""Prints the values of a topic's only partition, a line each: kafka_python_lines.py BOOTSTRAP TOPIC COUNT"""

import sys

from kafka import KafkaConsumer, TopicPartition

bootstrap, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=120_000)
place = TopicPartition(topic, 0)
consumer.assign([place])
consumer.seek_to_beginning(place)
read = 0
for record in consumer:
    sys.stdout.buffer.write(record.value + b"\n")
    read += 1
    if read == count:
        break
consumer.close()
sys.exit(0 if read == count else f"only {read} of {count} records came")
