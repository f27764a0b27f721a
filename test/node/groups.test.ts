import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../src/index.ts";
import { Errors } from "../../src/protocol/errors.ts";
import { runGroupScript, type LoggedAnswer } from "../support/group-script.ts";
import { SocketBroker } from "../support/socket-broker.ts";

const kafkas = JSON.parse(
  readFileSync(new URL("../data/groups/kafka-answers.json", import.meta.url), "utf8"),
) as LoggedAnswer[];

/** Configured as the Apache Kafka that the answers were recorded of. */
const config = {
  "offsets.topic.replication.factor": 1,
  "offsets.topic.num.partitions": 5,
  "group.initial.rebalance.delay.ms": 0,
  "group.min.session.timeout.ms": 500,
  "group.max.size": 3,
  "offset.metadata.max.bytes": 20,
};

test("a broker on real sockets, timers and files answers about groups as Apache Kafka does", async () => {
  const broker = await startBroker({ config });
  onTestFinished(() => broker.close());
  const client = new SocketBroker(broker.host, broker.port);
  onTestFinished(() => client.close());
  await client.prepare({ t: 2, u: 1 });
  const ours = await runGroupScript(client);
  // The address that the broker was told to advertise is its own.
  const text = JSON.stringify(ours)
    .replaceAll(`"${broker.host}"`, '"localhost"')
    .replaceAll(`/${broker.host}`, "/127.0.0.1");
  for (const [index, { step, answer }] of (JSON.parse(text) as LoggedAnswer[]).entries()) {
    expect({ step, answer }).toEqual(kafkas[index]);
  }
  expect(ours).toHaveLength(kafkas.length);
});

test("a broker of which the consumer protocol is not asked for does not speak it", async () => {
  const broker = await startBroker({ config: { ...config, "group.coordinator.rebalance.protocols": "classic" } });
  onTestFinished(() => broker.close());
  const client = new SocketBroker(broker.host, broker.port);
  onTestFinished(() => client.close());
  const heartbeat = await client.send("c", "consumerGroupHeartbeat", 1, {
    groupId: "g",
    memberId: "m",
    memberEpoch: 0,
    rebalanceTimeoutMs: 1_000,
    subscribedTopicNames: ["t"],
    topicPartitions: [],
  });
  expect(heartbeat).toMatchObject({ errorCode: Errors.UNSUPPORTED_VERSION });
  const { groups } = await client.send("c", "consumerGroupDescribe", 1, { groupIds: ["g"] });
  expect(groups).toMatchObject([{ groupId: "g", errorCode: Errors.UNSUPPORTED_VERSION }]);
});
