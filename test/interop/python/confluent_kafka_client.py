"""confluent-kafka, which is librdkafka: https://docs.confluent.io/platform/current/clients/confluent-kafka-python"""

import time
from contextlib import contextmanager

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer, TopicPartition
from confluent_kafka import OFFSET_BEGINNING
from confluent_kafka import KafkaError, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from scenario import Deadline, decode, decoded_headers, encode, keep, next_offsets, received, serve


def administration(request):
    return AdminClient({"bootstrap.servers": request["bootstrap"]})


def code_of(future):
    """Kafka's error code of what a future stands for."""
    try:
        future.result(120)
        return 0
    except KafkaException as error:
        return error.args[0].code()


def admin(request):
    topic, config = request["topic"], request["config"]
    wanted = NewTopic(topic, num_partitions=request["partitions"], replication_factor=1, config=config)
    client = administration(request)
    client.create_topics([wanted])[topic].result(120)
    create_again = code_of(client.create_topics([wanted])[topic])
    described = client.describe_topics(TopicCollection([topic]))[topic].result(120)
    resource = ConfigResource(ResourceType.TOPIC, topic)
    configs = client.describe_configs([resource])[resource].result(120)
    listed = topic in client.list_topics(timeout=120).topics
    client.delete_topics([topic])[topic].result(120)
    return {
        "createAgain": create_again,
        "listed": listed,
        "partitions": sorted(
            (
                {
                    "id": partition.id,
                    "leader": partition.leader.id,
                    "replicas": [node.id for node in partition.replicas],
                    "isr": [node.id for node in partition.isr],
                }
                for partition in described.partitions
            ),
            key=lambda partition: partition["id"],
        ),
        "config": {name: configs[name].value for name in config},
    }


def create(request):
    topic = request["topic"]
    client = administration(request)
    client.create_topics([NewTopic(topic, num_partitions=request["partitions"], replication_factor=1)])[topic].result(120)
    return {}


def produce(request):
    sent = 0
    failures = []

    def delivered(error, _message):
        nonlocal sent
        if error is None:
            sent += 1
        else:
            failures.append(str(error))

    for batch in request["batches"]:
        producer = Producer(
            {
                "bootstrap.servers": request["bootstrap"],
                "compression.type": batch["codec"],
                "enable.idempotence": True,
                "linger.ms": 20,
            }
        )
        for record in batch["records"]:
            producer.produce(
                request["topic"],
                key=decode(record["key"]),
                value=decode(record["value"]),
                headers=decoded_headers(record),
                timestamp=record["timestamp"],
                on_delivery=delivered,
            )
        left = producer.flush(120)
        if left or failures:
            raise RuntimeError(f"{left} records of {batch['codec']} were not sent; {failures}")
    return {"sent": sent}


# What librdkafka reports while a broker is away or its coordinator loads; it goes on by itself.
TRANSIENT = {
    KafkaError._ALL_BROKERS_DOWN,
    KafkaError._TRANSPORT,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
}


def polled(consumer, timeout_s, most=500):
    records = []
    for message in consumer.consume(num_messages=most, timeout=timeout_s):
        if message.error() is not None:
            if message.error().code() in TRANSIENT:
                continue
            raise KafkaException(message.error())
        _, timestamp = message.timestamp()
        place = (message.partition(), message.offset(), timestamp)
        records.append(received(*place, message.key(), message.value(), message.headers()))
    return records


def commit(consumer, topic, records):
    offsets = [TopicPartition(topic, partition, offset) for partition, offset in next_offsets(records).items()]
    if offsets:
        for place in consumer.commit(offsets=offsets, asynchronous=False):
            if place.error is not None:
                raise KafkaException(place.error)


REFUSED = {
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.STALE_MEMBER_EPOCH,
    KafkaError._STATE,
}


@contextmanager
def refusals_ignored():
    """Whoever is in the middle of a rebalance may be refused: then its records come once more, to whoever is next."""
    try:
        yield
    except KafkaException as error:
        if error.args[0].code() not in REFUSED:
            raise


def consumer_of(request):
    config = {
        "bootstrap.servers": request["bootstrap"],
        "group.id": request.get("group", "unused"),
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "reconnect.backoff.max.ms": 1000,
    }
    if "instanceId" in request:
        config["group.instance.id"] = request["instanceId"]
    if request.get("protocol") == "consumer":
        # KIP-848, which has no heartbeat interval of the client's.
        config["group.protocol"] = "consumer"
    else:
        config["heartbeat.interval.ms"] = 500
    return Consumer(config)


def member(request):
    consumer = consumer_of(request)
    consumer.subscribe([request["topic"]])
    return consumer


def consume(request):
    topic, count = request["topic"], request["count"]
    if "group" in request:
        consumer = member(request)
    else:
        consumer = consumer_of(request)
        partitions = consumer.list_topics(topic, timeout=120).topics[topic].partitions
        consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    try:
        records = []
        deadline = Deadline(f"{count} records of {topic}")
        while len(records) < count:
            keep(records, polled(consumer, 0.2, count - len(records)))
            deadline.check(f"{len(records)} came")
        if "group" in request:
            commit(consumer, topic, records)
        return {"records": records}
    finally:
        consumer.close()


def committed(request):
    name = request["group"]
    client = administration(request)
    found = client.list_consumer_group_offsets([ConsumerGroupTopicPartitions(name)])[name].result(120)
    return {"offsets": {str(place.partition): place.offset for place in found.topic_partitions}}


def described(client, name):
    found = client.describe_consumer_groups([name])[name].result(120)
    return {"state": STATES.get(found.state.name, found.state.name), "members": len(found.members)}


# librdkafka's names of the states, as Kafka writes them.
STATES = {"STABLE": "Stable", "EMPTY": "Empty"}


def group(request):
    topic, name = request["topic"], request["group"]
    client = administration(request)
    first, second = member(request), member(request)
    seen = []

    def work(consumer):
        records = polled(consumer, 0.1)
        keep(seen, records)
        with refusals_ignored():
            commit(consumer, topic, records)

    def owned(consumer):
        return sorted(place.partition for place in consumer.assignment())

    try:
        deadline = Deadline("both members with partitions, and all records")
        while True:
            work(first)
            work(second)
            together = [owned(first), owned(second)]
            complete = sorted(together[0] + together[1]) == list(range(request["partitions"]))
            if complete and all(together) and len(seen) >= request["count"]:
                break
            deadline.check(f"{together} are owned and {len(seen)} records came")
        before = described(client, name)
        while before["state"] != "Stable":
            # The last one has its partitions, and is about to say so.
            work(first)
            work(second)
            deadline.check(before["state"])
            before = described(client, name)
        second.close()
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
        first.close()
        after = described(client, name)
        deleted = code_of(client.delete_consumer_groups([name])[name])
        return {
            "together": together,
            **before,
            "alone": alone,
            "seen": [record["value"] for record in seen],
            "stateAfter": after["state"],
            "deleted": deleted,
        }
    finally:
        first.close()
        second.close()


MEMBERS = {}


def join(request):
    consumer = consumer_of(request)
    # A leading ^ makes it a pattern.
    consumer.subscribe(["^" + request["pattern"]] if "pattern" in request else request["topics"])
    MEMBERS[request["member"]] = consumer
    return {}


def work_of_members(request):
    values, owned = [], {}
    end = time.monotonic() + request["ms"] / 1000
    while True:
        for name in request["members"]:
            consumer = MEMBERS[name]
            messages = [message for message in consumer.consume(num_messages=500, timeout=0.05)]
            offsets = {}
            for message in messages:
                if message.error() is not None:
                    if message.error().code() in TRANSIENT:
                        continue
                    raise KafkaException(message.error())
                values.append(encode(message.value()))
                offsets[(message.topic(), message.partition())] = message.offset() + 1
            with refusals_ignored():
                if offsets:
                    places = [TopicPartition(*place, offset) for place, offset in offsets.items()]
                    consumer.commit(offsets=places, asynchronous=False)
            owned[name] = sorted(f"{place.topic}-{place.partition}" for place in consumer.assignment())
        if time.monotonic() > end:
            return {"owned": owned, "values": values}


def leave(request):
    MEMBERS.pop(request["member"]).close()
    return {}


def share(request):
    consumer = member(request)
    values, last = [], None
    deadline = Deadline("records for this member", 240)
    try:
        while last is None or time.monotonic() - last < request["idleMs"] / 1000:
            records = polled(consumer, 0.1)
            if records:
                last = time.monotonic()
                values.extend(record["value"] for record in records)
                commit(consumer, request["topic"], records)
            deadline.check(f"{len(values)} came")
        return {"values": values}
    finally:
        consumer.close()


serve(
    {
        "admin": admin,
        "create": create,
        "produce": produce,
        "consume": consume,
        "committed": committed,
        "group": group,
        "share": share,
        "join": join,
        "work": work_of_members,
        "leave": leave,
    }
)
