import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, type KafkaMessage } from "kafkajs";
import { expect, onTestFinished, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { CommittedRecords } from "./support/committed-records.ts";
import { FrameworkProcess, prepareFrameworks, type Frameworks } from "./support/frameworks.ts";
import { withTool } from "./support/tool-or-skip.ts";

/** A dead instance is noticed after 6 s, its open transaction ended after 10 s, and then its state is restored. */
const settleTimeoutMs = 180_000;
const partitions = 3;
const rounds = 24;
const roundMs = 250;

/** A Streams application of several instances on a broker of its own. */
class Application {
  readonly kafka: Kafka;
  readonly #frameworks: Frameworks;
  readonly #topology: string;
  readonly #bootstrap: string;
  readonly #folder = temporaryDirectory();

  private constructor(frameworks: Frameworks, topology: string, bootstrap: string) {
    this.#frameworks = frameworks;
    this.#topology = topology;
    this.#bootstrap = bootstrap;
    this.kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  }

  static async create(frameworks: Frameworks, topology: string, topics: readonly string[]): Promise<Application> {
    const broker = await TestBroker.start();
    onTestFinished(() => broker.remove());
    const application = new Application(frameworks, topology, broker.bootstrap);
    const admin = application.kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions })) });
    await admin.disconnect();
    return application;
  }

  /** Starts the instance of that name, on the state that an earlier one has left. */
  async start(name: string): Promise<FrameworkProcess> {
    const state = join(this.#folder, name);
    const args = [this.#bootstrap, "application", state, this.#topology, "exactly_once_v2"];
    const instance = new FrameworkProcess(this.#frameworks, "StreamsProgram", args);
    onTestFinished(() => instance.stop());
    await instance.prints("RUNNING");
    return instance;
  }
}

await withTool("Kafka Streams", prepareFrameworks, (frameworks) => {
  test("a word count with an instance killed and started again counts each word once", async () => {
    const application = await Application.create(frameworks, "word-count", ["lines", "counts"]);
    const [first] = await Promise.all([application.start("one"), application.start("two")]);
    const words = ["arbeit", "spule", "zwirn", "haus", "treppe", "kind", "stern"];
    const expected = new Map<string, number>();
    let restarted: Promise<FrameworkProcess> | undefined;
    const producer = application.kafka.producer();
    await producer.connect();
    for (let round = 0; round < rounds; round++) {
      const messages = Array.from({ length: 40 }, (_, index) => {
        const line = [0, 1, 2].map((place) => words[(round * 5 + index * 3 + place * place) % words.length] as string);
        for (const word of line) expected.set(word, (expected.get(word) ?? 0) + 1);
        return { value: line.join(" ") };
      });
      await producer.send({ topic: "lines", messages });
      await sleep(roundMs);
      if (round === rounds / 2) {
        await first.kill();
        restarted = application.start("one");
        // It is awaited at the end.
        restarted.catch(() => {});
      }
    }
    await producer.disconnect();

    const counts = await CommittedRecords.open(application.kafka, "counts");
    onTestFinished(() => counts.close());
    const wanted = JSON.stringify([...expected].sort());
    await counts.until(
      `counts ${wanted}`,
      (records) => {
        const found = JSON.stringify([...countsByWord(records)].map(([word, all]) => [word, all.at(-1)]).sort());
        return found === wanted ? undefined : found;
      },
      settleTimeoutMs,
    );
    await restarted;
    // No count comes twice, and none goes back: what was aborted is never seen.
    for (const [word, all] of countsByWord(counts.records)) {
      expect(all, word).toEqual([...new Set(all)].sort((a, b) => a - b));
    }
  });

  test("a windowed join with an instance killed and started again joins each pair once", async () => {
    const application = await Application.create(frameworks, "join", ["orders", "payments", "joined"]);
    const [first] = await Promise.all([application.start("one"), application.start("two")]);
    const pairs: string[] = [];
    let restarted: Promise<FrameworkProcess> | undefined;
    const producer = application.kafka.producer();
    await producer.connect();
    const begunMs = Date.now();
    for (let round = 0; round < rounds; round++) {
      const orders = Array.from({ length: 12 }, (_, index) => ({
        key: `order-${round}-${index}`,
        value: `customer-${index}-${round >> 1}`,
        timestamp: String(begunMs + round * 1000),
      }));
      // The payments of the second round of each two, for the orders of both.
      const isSecond = round % 2 === 1;
      const payments = isSecond
        ? orders.map(({ value, timestamp }, index) => ({ key: value, value: `payment-${round}-${index}`, timestamp }))
        : [];
      for (const [index, payment] of payments.entries()) {
        pairs.push(`order-${round - 1}-${index}+${payment.value}`, `order-${round}-${index}+${payment.value}`);
      }
      await producer.send({ topic: "orders", messages: orders });
      if (isSecond) await producer.send({ topic: "payments", messages: payments });
      await sleep(roundMs);
      if (round === rounds / 2) {
        await first.kill();
        restarted = application.start("one");
        // It is awaited at the end.
        restarted.catch(() => {});
      }
    }
    await producer.disconnect();

    const joined = await CommittedRecords.open(application.kafka, "joined");
    onTestFinished(() => joined.close());
    await joined.until(
      `${pairs.length} pairs`,
      (records) => (records.length >= pairs.length ? undefined : `${records.length} pairs`),
      settleTimeoutMs,
    );
    await restarted;
    expect(joined.records.map(({ value }) => String(value)).sort()).toEqual(pairs.sort());
  });
});

/** All that was written for each word, in the order of the topic. */
function countsByWord(records: readonly KafkaMessage[]): Map<string, number[]> {
  const counts = new Map<string, number[]>();
  for (const { key, value } of records) {
    const all = counts.get(String(key)) ?? [];
    all.push(Number((value as Buffer).readBigInt64BE()));
    counts.set(String(key), all);
  }
  return counts;
}
