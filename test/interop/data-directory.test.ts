import { spawn, type ChildProcess } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Kafka as Client, logLevel } from "kafkajs";
import { describe, expect, onTestFinished, test } from "vitest";
import { startBroker } from "../../src/index.ts";
import { freePort } from "../support/broker/free-ports.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { javaTool, prepareJava, type Java } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

const startTimeoutMs = 120_000;

/** One data directory, under Apache Kafka and under us in turn. */
interface Place {
  readonly dir: string;
  readonly port: number;
  readonly properties: Readonly<Record<string, string>>;
}

async function newPlace(): Promise<Place> {
  const [dir, port, controllerPort] = [temporaryDirectory(), await freePort(), await freePort()];
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "advertised.listeners": `PLAINTEXT://127.0.0.1:${port}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": dir,
    "offsets.topic.replication.factor": "1",
    // Small, so that every run leaves snapshots.
    "metadata.log.max.record.bytes.between.snapshots": "500",
    "offsets.topic.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
  };
  return { dir, port, properties };
}

interface Running {
  stop(): Promise<void>;
  /** kill -9; undefined for the broker in this process. */
  readonly kill?: () => Promise<void>;
}

async function startOurs({ properties }: Place): Promise<Running> {
  const broker = await startBroker({ config: properties });
  return { stop: () => broker.close() };
}

async function startKafkas(java: Java, { properties }: Place): Promise<Running> {
  const file = join(temporaryDirectory(), "server.properties");
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
  const child = spawn("java", [...java.arguments, "kafka.Kafka", file], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  onTestFinished(() => void child.kill("SIGKILL"));
  const end = (signal: NodeJS.Signals) => async () => {
    child.kill(signal);
    await ended;
  };
  await untilServes(properties.listeners ?? "", child, () => output);
  return { stop: end("SIGTERM"), kill: end("SIGKILL") };
}

async function untilServes(listeners: string, child: ChildProcess, output: () => string): Promise<void> {
  const broker = /PLAINTEXT:\/\/([^,]*)/.exec(listeners)?.[1] ?? "";
  for (const deadline = performance.now() + startTimeoutMs; performance.now() < deadline;) {
    if (child.exitCode !== null) throw new Error(`Apache Kafka did not start:\n${output()}`);
    const admin = new Client({ brokers: [broker], logLevel: logLevel.NOTHING, retry: { retries: 0 } }).admin();
    try {
      await admin.connect();
      // A broker that is still fenced is not in the answer.
      if ((await admin.describeCluster()).brokers.length === 1) return;
    } catch {
      // Not yet.
    } finally {
      await admin.disconnect();
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`Apache Kafka does not serve:\n${output()}`);
}

function client({ port }: Place): Client {
  return new Client({ brokers: [`127.0.0.1:${port}`], logLevel: logLevel.NOTHING });
}

/** A topic with a configuration of its own and three records. */
async function addTopic(place: Place, topic: string): Promise<void> {
  const admin = client(place).admin();
  const producer = client(place).producer();
  await Promise.all([admin.connect(), producer.connect()]);
  const configEntries = [{ name: "retention.ms", value: "7200000" }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 2, configEntries }] });
  const messages = [0, 1, 2].map((i) => ({ key: `k${i}`, value: `${topic} ${i}`, partition: i % 2 }));
  await producer.send({ topic, messages });
  await Promise.all([admin.disconnect(), producer.disconnect()]);
}

/** Everything that a client sees: topics with their configuration, leaders, and records. */
async function contents(place: Place): Promise<object> {
  const admin = client(place).admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((name) => !name.startsWith("__")).sort();
  const { topics: described } = await admin.fetchTopicMetadata({ topics });
  const resources = topics.map((name) => ({ type: 2, name, configNames: ["retention.ms"] }));
  const configs = await admin.describeConfigs({ includeSynonyms: false, resources });
  await admin.disconnect();
  const leaders = described.map(({ name, partitions }) => [name, partitions.map(({ leader }) => leader)]).sort();
  return {
    leaders,
    retention: configs.resources
      .map(({ resourceName, configEntries }) => [resourceName, configEntries[0]?.configValue])
      .sort(),
    records: await readAll(place, topics),
  };
}

async function readAll(place: Place, topics: readonly string[]): Promise<string[]> {
  const consumer = client(place).consumer({ groupId: `reader-${Math.random()}` });
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  const read: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const timeout = setTimeout(() => reject(new Error(`read only ${read.join()}`)), 120_000);
    void consumer.run({
      eachMessage: async ({ message }) => {
        read.push(String(message.value));
        if (read.length < topics.length * 3) return;
        clearTimeout(timeout);
        resolve();
      },
    });
  });
  await consumer.disconnect();
  return read.sort();
}

function expectedOf(...topics: string[]): object {
  return {
    leaders: topics.map((topic) => [topic, [1, 1]]),
    retention: topics.map((topic) => [topic, "7200000"]),
    records: topics.flatMap((topic) => [0, 1, 2].map((i) => `${topic} ${i}`)),
  };
}

await withTool("data directory", prepareJava, (java) => {
  const dump = (files: readonly string[], ...args: string[]) =>
    javaTool(java, "org.apache.kafka.tools.DumpLogSegments", ["--files", files.join(), ...args]);

  describe("a data directory", () => {
    test("that we wrote is read by Kafka's tools without complaint", async () => {
      const place = await newPlace();
      const ours = await startOurs(place);
      await addTopic(place, "a");
      await ours.stop();
      const metadata = join(place.dir, "__cluster_metadata-0");
      const named = (dir: string, pattern: RegExp) =>
        readdirSync(dir)
          .filter((name) => pattern.test(name))
          .map((name) => join(dir, name));

      const metadataFiles = named(metadata, /\.(log|checkpoint)$/);
      expect(metadataFiles.length).toBeGreaterThan(2);
      const decoded = await dump(metadataFiles, "--cluster-metadata-decoder", "--print-data-log");
      expect([decoded.status, decoded.errors]).toEqual([0, ""]);
      expect(decoded.output).not.toContain("isvalid: false");
      expect(decoded.output).not.toMatch(/could not|unknown|exception/i);
      for (const type of [
        "TOPIC_RECORD",
        "PARTITION_RECORD",
        "CONFIG_RECORD",
        "REGISTER_BROKER_RECORD",
        "SnapshotHeader",
        "KRaftVoters",
        "LeaderChange",
      ]) {
        expect(decoded.output).toContain(type);
      }

      const dataFiles = [
        ...named(metadata, /index$/),
        ...named(join(place.dir, "a-0"), /^\d{20}\.(log|index|timeindex)$/),
      ];
      const checked = await dump(dataFiles, "--deep-iteration", "--index-sanity-check");
      expect([checked.status, checked.errors]).toEqual([0, ""]);
      expect(checked.output).not.toMatch(/mismatch|isvalid: false|not monoton/i);

      const file = join(temporaryDirectory(), "server.properties");
      writeFileSync(
        file,
        `${Object.entries(place.properties)
          .map(([key, value]) => `${key}=${value}`)
          .join("\n")}\n`,
      );
      const info = await javaTool(java, "kafka.tools.StorageTool", ["info", "--config", file]);
      expect([info.status, info.output]).toEqual([0, expect.stringContaining("Found metadata: {cluster.id=")]);
    });

    test("goes from us to Apache Kafka and back, with everything in it", async () => {
      const place = await newPlace();
      const ours = await startOurs(place);
      await addTopic(place, "a");
      await ours.stop();

      const kafkas = await startKafkas(java, place);
      expect(await contents(place)).toEqual(expectedOf("a"));
      await addTopic(place, "b");
      await kafkas.stop();

      const again = await startOurs(place);
      expect(await contents(place)).toEqual(expectedOf("a", "b"));
      await addTopic(place, "c");
      expect(await contents(place)).toEqual(expectedOf("a", "b", "c"));
      await again.stop();
    });

    test("that Apache Kafka left behind when it was killed is taken over", async () => {
      const place = await newPlace();
      const file = join(temporaryDirectory(), "server.properties");
      writeFileSync(
        file,
        `${Object.entries(place.properties)
          .map(([key, value]) => `${key}=${value}`)
          .join("\n")}\n`,
      );
      const format = ["format", "--cluster-id", "qwuAgu9BQ22hDP9c4aI8Ww", "--standalone", "--config", file];
      expect(await javaTool(java, "kafka.tools.StorageTool", format)).toMatchObject({ status: 0 });
      const kafkas = await startKafkas(java, place);
      await addTopic(place, "a");
      await kafkas.kill?.();

      const ours = await startOurs(place);
      expect(await contents(place)).toEqual(expectedOf("a"));
      await addTopic(place, "b");
      expect(await contents(place)).toEqual(expectedOf("a", "b"));
      await ours.stop();
    });
  });
});
