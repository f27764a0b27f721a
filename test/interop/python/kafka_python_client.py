"""kafka-python: https://kafka-python.readthedocs.io"""

import time

import kafka.errors
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.structs import OffsetAndMetadata

from scenario import Deadline, decode, decoded_headers, keep, next_offsets, received, serve


def administration(request):
    return KafkaAdminClient(bootstrap_servers=request["bootstrap"])


def admin(request):
    topic, config = request["topic"], request["config"]
    wanted = {topic: {"num_partitions": request["partitions"], "replication_factor": 1, "configs": config}}
    client = administration(request)
    try:
        client.create_topics(wanted)
        try:
            client.create_topics(wanted)
            create_again = 0
        except kafka.errors.KafkaError as error:
            create_again = error.errno
        described = client.describe_topics([topic])[0]
        resource = ConfigResource(ConfigResourceType.TOPIC, topic)
        configs = client.describe_configs([resource])["topic"][topic]
        listed = topic in client.list_topics()
        client.delete_topics([topic])
        return {
            "createAgain": create_again,
            "listed": listed,
            "partitions": sorted(
                (
                    {
                        "id": partition["partition_index"],
                        "leader": partition["leader_id"],
                        "replicas": partition["replica_nodes"],
                        "isr": partition["isr_nodes"],
                    }
                    for partition in described["partitions"]
                ),
                key=lambda partition: partition["id"],
            ),
            "config": {name: configs[name]["value"] for name in config},
        }
    finally:
        client.close()


def create(request):
    client = administration(request)
    try:
        wanted = {request["topic"]: {"num_partitions": request["partitions"], "replication_factor": 1}}
        client.create_topics(wanted, wait_for_metadata=True)
        return {}
    finally:
        client.close()


def produce(request):
    sent = 0
    for batch in request["batches"]:
        codec = None if batch["codec"] == "none" else batch["codec"]
        producer = KafkaProducer(bootstrap_servers=request["bootstrap"], acks="all", compression_type=codec, linger_ms=20)
        try:
            futures = [
                producer.send(
                    request["topic"],
                    key=decode(record["key"]),
                    value=decode(record["value"]),
                    headers=decoded_headers(record),
                    timestamp_ms=record["timestamp"],
                )
                for record in batch["records"]
            ]
            for future in futures:
                future.get(timeout=120)
                sent += 1
        finally:
            producer.close()
    return {"sent": sent}


def polled(consumer, timeout_ms, most=500):
    try:
        batches = consumer.poll(timeout_ms=timeout_ms, max_records=most)
    except kafka.errors.KafkaConnectionError:
        # Its broker is away; it looks for it again at the next poll.
        time.sleep(0.1)
        return []
    return [
        received(record.partition, record.offset, record.timestamp, record.key, record.value, record.headers)
        for records in batches.values()
        for record in records
    ]


def commit(consumer, topic, records):
    offsets = {
        TopicPartition(topic, partition): OffsetAndMetadata(offset, "", -1)
        for partition, offset in next_offsets(records).items()
    }
    if offsets:
        consumer.commit(offsets)


def member(request):
    return KafkaConsumer(
        request["topic"],
        bootstrap_servers=request["bootstrap"],
        group_id=request["group"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=500,
        session_timeout_ms=10000,
    )


def consume(request):
    topic, count = request["topic"], request["count"]
    if "group" in request:
        consumer = member(request)
    else:
        consumer = KafkaConsumer(bootstrap_servers=request["bootstrap"], auto_offset_reset="earliest")
        partitions = consumer.partitions_for_topic(topic)
        consumer.assign([TopicPartition(topic, partition) for partition in partitions])
        consumer.seek_to_beginning()
    try:
        records = []
        deadline = Deadline(f"{count} records of {topic}")
        while len(records) < count:
            keep(records, polled(consumer, 200, count - len(records)))
            deadline.check(f"{len(records)} came")
        if "group" in request:
            commit(consumer, topic, records)
        return {"records": records}
    finally:
        consumer.close(autocommit=False)


def committed(request):
    client = administration(request)
    try:
        offsets = client.list_group_offsets(request["group"])[request["group"]]
        return {"offsets": {str(place.partition): found.offset for place, found in offsets.items()}}
    finally:
        client.close()


def group(request):
    topic, name = request["topic"], request["group"]
    first, second = member(request), member(request)
    client = administration(request)
    seen = []

    def work(consumer):
        records = polled(consumer, 100)
        keep(seen, records)
        try:
            commit(consumer, topic, records)
        except kafka.errors.KafkaError:
            # In the middle of a rebalance: then its records come once more, to whoever is next.
            pass

    def owned(consumer):
        return sorted(place.partition for place in consumer.assignment())

    try:
        deadline = Deadline("both members with partitions, and all records")
        while True:
            # Alternately: a member joins within its own polls.
            work(first)
            work(second)
            together = [owned(first), owned(second)]
            complete = sorted(together[0] + together[1]) == list(range(request["partitions"]))
            if complete and all(together) and len(seen) >= request["count"]:
                break
            deadline.check(f"{together} are owned and {len(seen)} records came")
        described = client.describe_groups([name])[name]
        second.close(autocommit=False)
        deadline = Deadline("all partitions for the one that stays")
        while len(owned(first)) < request["partitions"]:
            work(first)
            deadline.check(f"{owned(first)} are owned")
        alone = owned(first)
        produce({**request, "batches": [request["afterwards"]]})
        deadline = Deadline("the records of the second half")
        while len(seen) < request["count"] + len(request["afterwards"]["records"]):
            work(first)
            deadline.check(f"{len(seen)} records came")
        first.close(autocommit=False)
        after = client.describe_groups([name])[name]
        deleted = client.delete_groups([name])[name]
        return {
            "together": together,
            "members": len(described["members"]),
            "state": described["group_state"],
            "alone": alone,
            "seen": [record["value"] for record in seen],
            "stateAfter": after["group_state"],
            "deleted": 0 if deleted == "OK" else deleted,
        }
    finally:
        first.close(autocommit=False)
        second.close(autocommit=False)
        client.close()


serve(
    {
        "admin": admin,
        "create": create,
        "produce": produce,
        "consume": consume,
        "committed": committed,
        "group": group,
    }
)
