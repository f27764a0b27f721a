import { Kafka, logLevel } from "kafkajs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";

/* A client that adds partitions to its transactions itself; scripts of the requests are in test/differential. */
let broker: Broker;
beforeAll(async () => {
  broker = await startBroker({
    config: { "transaction.state.log.num.partitions": 2, "group.initial.rebalance.delay.ms": 0 },
  });
});
afterAll(() => broker?.close());

test("readers of committed records get what was committed, and offsets count with it", async () => {
  const retry = { initialRetryTime: 20 };
  const kafka = new Kafka({ brokers: [broker.bootstrapServers], logLevel: logLevel.NOTHING, retry });
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic: "in" }, { topic: "out", numPartitions: 3 }] });
  const producer = kafka.producer({ transactionalId: "worker", idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const expected: string[] = [];
  for (let round = 0; round < 6; round++) {
    const transaction = await producer.transaction();
    const isCommit = round % 3 !== 2;
    const values = [0, 1, 2].map((partition) => ({ partition, value: `${round}-${partition}` }));
    await transaction.send({ topic: "out", messages: values });
    const topics = [{ topic: "in", partitions: [{ partition: 0, offset: String(round) }] }];
    await transaction.sendOffsets({ consumerGroupId: "workers", topics });
    if (isCommit) expected.push(...values.map(({ value }) => value));
    await (isCommit ? transaction.commit() : transaction.abort());
  }
  // A zombie goes on with a transaction after another has taken its id.
  const late = await producer.transaction();
  await late.send({ topic: "out", messages: [{ partition: 0, value: "of a zombie" }] });
  const successor = kafka.producer({ transactionalId: "worker", idempotent: true, maxInFlightRequests: 1 });
  await successor.connect();
  const after = await successor.transaction();
  await after.send({ topic: "out", messages: [{ partition: 0, value: "of the successor" }] });
  const failed = await late.send({ topic: "out", messages: [{ partition: 0, value: "too late" }] }).then(
    () => "sent",
    (error: { type?: string }) => error.type,
  );
  expect(failed).toBe("INVALID_PRODUCER_EPOCH");
  await after.commit();
  expected.push("of the successor");

  const consumer = kafka.consumer({ groupId: "readers", readUncommitted: false, maxWaitTimeInMs: 50 });
  await consumer.connect();
  await consumer.subscribe({ topic: "out", fromBeginning: true });
  const got: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        got.push(String(message.value));
        if (got.length >= expected.length) resolve();
      },
    });
  });
  expect(got.sort()).toEqual(expected.sort());
  const [committed] = await admin.fetchOffsets({ groupId: "workers", topics: ["in"] });
  expect(committed!.partitions).toMatchObject([{ partition: 0, offset: "4" }]);
  await Promise.all([consumer.disconnect(), producer.disconnect(), successor.disconnect(), admin.disconnect()]);
});
