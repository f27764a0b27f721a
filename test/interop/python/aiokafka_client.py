"""aiokafka: https://aiokafka.readthedocs.io"""

import asyncio
import logging

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from scenario import Deadline, decode, decoded_headers, keep, next_offsets, received, serve

logging.basicConfig(level=logging.WARNING)


async def administration(request):
    client = AIOKafkaAdminClient(bootstrap_servers=request["bootstrap"])
    await client.start()
    return client


def raise_for(response):
    for topic, error, *message in response.topic_errors:
        if error:
            raise RuntimeError(f"{topic}: error {error} {message}")


async def admin(request):
    topic, config = request["topic"], request["config"]
    wanted = NewTopic(topic, request["partitions"], 1, topic_configs=config)
    client = await administration(request)
    try:
        raise_for(await client.create_topics([wanted]))
        again = await client.create_topics([wanted])
        described = (await client.describe_topics([topic]))[0]
        (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic)])
        configs = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        listed = topic in await client.list_topics()
        deleted = await client.delete_topics([topic])
        for name, error in deleted.topic_error_codes:
            if error:
                raise RuntimeError(f"{name}: error {error}")
        return {
            "createAgain": again.topic_errors[0][1],
            "listed": listed,
            "partitions": sorted(
                (
                    {
                        "id": partition["partition"],
                        "leader": partition["leader"],
                        "replicas": partition["replicas"],
                        "isr": partition["isr"],
                    }
                    for partition in described["partitions"]
                ),
                key=lambda partition: partition["id"],
            ),
            "config": {name: configs[name] for name in config},
        }
    finally:
        await client.close()


async def create(request):
    client = await administration(request)
    try:
        raise_for(await client.create_topics([NewTopic(request["topic"], request["partitions"], 1)]))
        return {}
    finally:
        await client.close()


async def produce(request):
    sent = 0
    for batch in request["batches"]:
        producer = AIOKafkaProducer(
            bootstrap_servers=request["bootstrap"],
            acks="all",
            enable_idempotence=True,
            compression_type=None if batch["codec"] == "none" else batch["codec"],
            linger_ms=20,
        )
        await producer.start()
        try:
            futures = [
                await producer.send(
                    request["topic"],
                    key=decode(record["key"]),
                    value=decode(record["value"]),
                    headers=decoded_headers(record),
                    timestamp_ms=record["timestamp"],
                )
                for record in batch["records"]
            ]
            sent += len(await asyncio.wait_for(asyncio.gather(*futures), 120))
        finally:
            await producer.stop()
    return {"sent": sent}


async def polled(consumer, timeout_ms, most=500):
    batches = await consumer.getmany(timeout_ms=timeout_ms, max_records=most)
    return [
        received(record.partition, record.offset, record.timestamp, record.key, record.value, record.headers)
        for records in batches.values()
        for record in records
    ]


async def commit(consumer, topic, records):
    offsets = {TopicPartition(topic, partition): offset for partition, offset in next_offsets(records).items()}
    if offsets:
        await consumer.commit(offsets)


async def member(request):
    consumer = AIOKafkaConsumer(
        request["topic"],
        bootstrap_servers=request["bootstrap"],
        group_id=request["group"],
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        heartbeat_interval_ms=500,
    )
    await consumer.start()
    return consumer


async def partitions_of(request):
    client = await administration(request)
    try:
        return [partition["partition"] for partition in (await client.describe_topics([request["topic"]]))[0]["partitions"]]
    finally:
        await client.close()


async def consume(request):
    topic, count = request["topic"], request["count"]
    if "group" in request:
        consumer = await member(request)
    else:
        consumer = AIOKafkaConsumer(bootstrap_servers=request["bootstrap"], auto_offset_reset="earliest")
        await consumer.start()
        partitions = [TopicPartition(topic, partition) for partition in await partitions_of(request)]
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
    try:
        records = []
        deadline = Deadline(f"{count} records of {topic}")
        while len(records) < count:
            keep(records, await polled(consumer, 200, count - len(records)))
            deadline.check(f"{len(records)} came")
        if "group" in request:
            await commit(consumer, topic, records)
        return {"records": records}
    finally:
        await consumer.stop()


async def committed(request):
    client = await administration(request)
    try:
        offsets = await client.list_consumer_group_offsets(request["group"])
        return {"offsets": {str(place.partition): found.offset for place, found in offsets.items()}}
    finally:
        await client.close()


async def described(client, name):
    (answer,) = await client.describe_consumer_groups([name])
    error, group_id, state, protocol_type, protocol, members, *_ = answer.groups[0]
    return state, len(members)


async def group(request):
    topic, name = request["topic"], request["group"]
    client = await administration(request)
    first = await member(request)
    second = await member(request)
    seen = []

    async def work(consumer):
        records = await polled(consumer, 100)
        keep(seen, records)
        try:
            await commit(consumer, topic, records)
        except KafkaError:
            # In the middle of a rebalance: then its records come once more, to whoever is next.
            pass

    def owned(consumer):
        return sorted(place.partition for place in consumer.assignment())

    try:
        deadline = Deadline("both members with partitions, and all records")
        while True:
            await work(first)
            await work(second)
            together = [owned(first), owned(second)]
            complete = sorted(together[0] + together[1]) == list(range(request["partitions"]))
            if complete and all(together) and len(seen) >= request["count"]:
                break
            deadline.check(f"{together} are owned and {len(seen)} records came")
        state, members = await described(client, name)
        await second.stop()
        deadline = Deadline("all partitions for the one that stays")
        while len(owned(first)) < request["partitions"]:
            await work(first)
            deadline.check(f"{owned(first)} are owned")
        alone = owned(first)
        await produce({**request, "batches": [request["afterwards"]]})
        deadline = Deadline("the records of the second half")
        while len(seen) < request["count"] + len(request["afterwards"]["records"]):
            await work(first)
            deadline.check(f"{len(seen)} records came")
        await first.stop()
        state_after, _ = await described(client, name)
        return {
            "together": together,
            "members": members,
            "state": state,
            "alone": alone,
            "seen": [record["value"] for record in seen],
            "stateAfter": state_after,
            "deleted": None,
        }
    finally:
        await first.stop()
        await second.stop()
        await client.close()


operations = {
    "admin": admin,
    "create": create,
    "produce": produce,
    "consume": consume,
    "committed": committed,
    "group": group,
}
serve(operations, lambda operation, request: asyncio.run(operation(request)))
