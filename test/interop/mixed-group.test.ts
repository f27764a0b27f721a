import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";
import { AssignerProtocol, Kafka, logLevel, type PartitionAssigner } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { call } from "../../bench/harness/admin.ts";
import { apis } from "../../src/protocol/apis.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { waitUntil } from "../support/broker/wait-until.ts";
import { prepareGo } from "./support/go.ts";
import { javaClient, prepareJava } from "./support/java.ts";
import { ProgramClient } from "./support/program-client.ts";
import { preparePython, pythonClient } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const topic = "mixed";
const group = "mixed-group";
const partitions = 10;
const rounds = 30;
/** Longer than a busy machine keeps any of them waiting: who is the first to leave would have the others share again. */
const idleMs = 10_000;
/** JVM, Python and Go start, one after the other on a busy machine. */
const joinTimeoutMs = 180_000;

/** What the other clients call "range", which kafkajs does not bring along. */
const rangeAssigner: PartitionAssigner = ({ cluster }) => ({
  name: "range",
  version: 0,
  async assign({ members, topics }) {
    const ids = members.map(({ memberId }) => memberId).sort();
    const shares = new Map(ids.map((id) => [id, {} as Record<string, number[]>]));
    for (const name of topics) {
      const all = cluster.findTopicPartitionMetadata(name).map(({ partitionId }) => partitionId);
      all.sort((a, b) => a - b);
      const [least, more] = [Math.floor(all.length / ids.length), all.length % ids.length];
      ids.forEach((id, index) => {
        const from = index * least + Math.min(index, more);
        (shares.get(id) as Record<string, number[]>)[name] = all.slice(from, from + least + (index < more ? 1 : 0));
      });
    }
    return ids.map((memberId) => ({
      memberId,
      memberAssignment: AssignerProtocol.MemberAssignment.encode({
        version: 0,
        assignment: shares.get(memberId) ?? {},
        userData: Buffer.alloc(0),
      }),
    }));
  },
  protocol: ({ topics }) => ({
    name: "range",
    metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
  }),
});

async function prepare() {
  return { java: await prepareJava(), python: await preparePython(), go: await prepareGo() };
}

await withTool("clients of four languages in one group", prepare, ({ java, python, go }) => {
  test("a console consumer, Java, librdkafka, franz-go and kafkajs share the partitions of a topic", async () => {
    const broker = await TestBroker.start();
    onTestFinished(() => broker.remove());
    const { bootstrap, port } = broker;
    const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions }] });
    await admin.disconnect();

    const seen = new Map<string, string[]>();
    const programs = {
      java: javaClient(java),
      librdkafka: pythonClient(python, "confluent_kafka_client.py"),
      "franz-go": new ProgramClient(go, []),
    };
    const shares = Object.entries(programs).map(async ([name, client]) => {
      onTestFinished(() => client.close());
      const { values } = await client.run("share", { bootstrap, topic, group, idleMs });
      seen.set(
        name,
        values.map((value) => Buffer.from(value ?? "", "base64").toString()),
      );
    });

    const console = spawn(join(root, "bin/kafka-console-consumer.sh"), [
      "--bootstrap-server",
      bootstrap,
      "--topic",
      topic,
      "--group",
      group,
      // It may look for the end of its partitions when there is something in them.
      "--from-beginning",
    ]);
    onTestFinished(() => void console.kill("SIGKILL"));
    let printed = "";
    console.stdout.on("data", (chunk) => (printed += String(chunk)));

    const consumer = kafka.consumer({ groupId: group, partitionAssigners: [rangeAssigner] });
    onTestFinished(() => consumer.disconnect());
    const own: string[] = [];
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void own.push(String(message.value)) });

    await waitUntil(
      "five members",
      async () => {
        const { groups } = await call(port, apis.describeGroups, 5, { groups: [group] });
        const { groupState, members } = groups[0] ?? { groupState: "", members: [] };
        return groupState === "Stable" && members.length === 5 ? undefined : `${groupState}, ${members.length} members`;
      },
      joinTimeoutMs,
    );

    const producer = kafka.producer();
    await producer.connect();
    const sent: string[] = [];
    for (let round = 0; round < rounds; round++) {
      const messages = Array.from({ length: partitions * 2 }, (_, index) => ({
        value: `${round}-${index}`,
        partition: index % partitions,
      }));
      sent.push(...messages.map(({ value }) => value));
      await producer.send({ topic, messages });
      await sleep(100);
    }
    await producer.disconnect();
    await Promise.all(shares);
    console.kill("SIGTERM");
    seen.set(
      "console consumer",
      printed.split("\n").filter((line) => line !== ""),
    );
    seen.set("kafkajs", own);

    for (const [name, values] of seen) expect(values.length, name).toBeGreaterThan(0);
    expect([...seen.values()].flat().sort()).toEqual(sent.sort());
  });
});
