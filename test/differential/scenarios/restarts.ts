import { setTimeout as sleep } from "node:timers/promises";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { errorName, Errors } from "../../../src/protocol/errors.ts";
import { compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { endsOfEpochs, listedOffsets, logContents, producersOf, readAll } from "../partition-contents.ts";
import { batch, type BatchOptions, produce, startMs } from "../requests.ts";
import { type Scenario, type Session } from "../session.ts";
import { TransactionalProducer } from "../transactional-producer.ts";
import { coordinatorsOfOne } from "./coordinator-batches.ts";
import { newProducer } from "./idempotence.ts";

/** Each has one partition. */
const configs = {
  plain: {},
  segments: { "segment.ms": "1500", "index.interval.bytes": "0" },
  uncompressed: { "compression.type": "uncompressed" },
  gzip: { "compression.type": "gzip" },
  snappy: { "compression.type": "snappy" },
  lz4: { "compression.type": "lz4" },
  zstd: { "compression.type": "zstd" },
  "append-time": { "message.timestamp.type": "LogAppendTime" },
  flushed: { "flush.messages": "1" },
  preallocated: { preallocate: "true", "segment.bytes": "1048576" },
  compacted: { "cleanup.policy": "compact", "segment.ms": "500", "min.cleanable.dirty.ratio": "0.01" },
  deleted: {},
  emptied: {},
  idempotent: {},
  transactional: {},
  empty: {},
} satisfies Record<string, Record<string, string>>;

type TopicName = keyof typeof configs;
const names = Object.keys(configs) as TopicName[];
const recompressed = ["uncompressed", "gzip", "snappy", "lz4", "zstd"] as const;
/** Records of a life are so much later than those of the one before. */
const lifeMs = 100_000;
const aheadMs = 600_000;
const times = [-1, -2, -3, -4, -5, startMs + 1_500, startMs + lifeMs + 1_500];
const appendedMs = 5;
/** An idempotent producer sends so many records in a life, two a batch: more batches than a log remembers. */
const numberedInLife = 14;
/** One record of each key in what can be cleaned, and the newest record, whose segment is written to. */
const compactedCount = 4;

/** What is written in the lives of a broker, and what there is to see of all of it. */
class Lives {
  readonly #s: Session;
  readonly #topics = new Map<TopicName, string>();
  /** The leader epoch of each life. */
  readonly #epochs = new Map<TopicName, number[]>();
  readonly #producer: TransactionalProducer;
  readonly #groupId: string;
  readonly #begunAtMs = Date.now();
  #producerId = -1;
  #transactionalSequence = 0;
  #life = 0;

  private constructor(s: Session) {
    this.#s = s;
    this.#producer = new TransactionalProducer(s, "p");
    this.#groupId = s.topic("g");
  }

  static async begin(s: Session): Promise<Lives> {
    const lives = new Lives(s);
    for (const name of names) {
      lives.#topics.set(name, await s.createTopic(name, 1, configs[name]));
      lives.#epochs.set(name, []);
    }
    lives.#producerId = await newProducer(s);
    await s.until(() => lives.#hasCommitted());
    await lives.#producer.init(4);
    await lives.#noteEpochs();
    return lives;
  }

  /** Writes to all topics but one; a transaction is open at the end. */
  async write(): Promise<void> {
    const sinceMs = startMs + this.#life * lifeMs;
    const send = (name: TopicName, options: BatchOptions = {}, afterMs = 0) =>
      this.#send(name, batch({ ...options, timestamp: sinceMs + afterMs }));
    const gzipped = (count: number) =>
      compressBatch(batch({ count, value: "x".repeat(50), timestamp: sinceMs }), "gzip", nodeCompute);

    await send("plain", { count: 3 });
    await this.#send("plain", await gzipped(5));
    await this.#send("plain", batch({ timestamp: -1 }));
    for (const afterMs of [0, 2_000, 1_000, 5_000]) await send("segments", { count: 2 }, afterMs);
    for (const name of recompressed) {
      await send(name, { count: 20, value: "y".repeat(50) });
      await this.#send(name, await gzipped(10));
    }
    for (const name of ["append-time", "flushed", "preallocated", "deleted"] as const) {
      for (let sent = 0; sent < 4; sent++) {
        await send(name, { count: 3, value: `${sent}` }, sent);
        // Of several appended in one millisecond the first is the one with the largest timestamp.
        if (name === "append-time") await sleep(appendedMs);
      }
    }
    for (let sent = 0; sent < 6; sent++) {
      await send("compacted", { key: `k${sent % 3}`, value: `${this.#life} ${sent}` }, sent * 1_000);
    }
    await send("emptied", { count: 4 });
    for (let sequence = 0; sequence < numberedInLife; sequence += 2) {
      await this.#send("idempotent", this.#numbered(this.#life * numberedInLife + sequence));
    }
    if (this.#life === 0) await this.#endTwoTransactions();
    await this.#producer.add(this.#topic("transactional"), 0);
    for (let sent = 0; sent < 2; sent++) await this.#sendInTransaction();
    await this.#untilCompacted();
  }

  /** Deletes records of two topics: some of the one, all of the other. */
  async deleteRecords(): Promise<void> {
    for (const [name, offset] of [["deleted", 7] as const, ["emptied", -1] as const]) {
      const partitions = [{ partitionIndex: 0, offset }];
      const { topics } = await this.#s.quietly("deleteRecords", 2, {
        topics: [{ name: this.#topic(name), partitions }],
        timeoutMs: 5_000,
      });
      expectNone(topics[0]!.partitions[0]!.errorCode);
    }
  }

  async restart(how: "clean" | "kill -9"): Promise<void> {
    await this.#s.restart(how);
    for (const topic of this.#topics.values()) await this.#s.untilLed(topic);
    await this.#s.until(() => this.#isCoordinated());
    this.#life++;
    await this.#noteEpochs();
  }

  async look(step: string): Promise<void> {
    const s = this.#s;
    const offsets = await listedOffsets(s, [...this.#topics.values()], times);
    for (const [name, topic] of this.#topics) {
      s.note(`${step}: offsets of ${name}`, offsets.get(topic), true);
      s.note(`${step}: epochs of ${name}`, await endsOfEpochs(s, topic, this.#epochs.get(name)!), true);
      s.note(`${step}: records of ${name}`, await logContents(s, topic), true);
    }
    for (const name of ["idempotent", "transactional"] as const) {
      s.note(`${step}: producers of ${name}`, await producersOf(s, this.#topic(name)));
    }
    await s.ask(`${step}: a commit`, "offsetFetch", 8, { groups: [{ groupId: this.#groupId, topics: null }] });
    const transactionalIds = [this.#producer.transactionalId];
    await s.ask(`${step}: a transaction`, "describeTransactions", 0, { transactionalIds });
  }

  /** An idempotent producer sends again what it has sent, then what does not follow. */
  async repeat(step: string, distances: readonly number[]): Promise<void> {
    const next = this.#life * numberedInLife;
    const send = (what: string, baseSequence: number, producerEpoch = 0) =>
      this.#s.ask(
        `${step}: ${what}`,
        "produce",
        9,
        produce(this.#topic("idempotent"), this.#numbered(baseSequence, producerEpoch)),
      );
    for (const before of distances) await send(`${before} before the next sequence number`, next - before);
    await send("a gap", next + 20);
    await send("another epoch that does not begin at 0", next, 1);
  }

  /** Goes on with the transaction that is open, and ends it. */
  async endTransaction(step: string, isCommit: boolean): Promise<void> {
    const topic = this.#topic("transactional");
    const sequence = this.#transactionalSequence++;
    const request = this.#producer.request(topic, sequence, { timestamp: this.#presentMs(sequence) });
    await this.#s.ask(`${step}: the transaction goes on`, "produce", 9, request);
    await this.#producer.end(isCommit);
    this.#s.note(`${step}: its records`, await logContents(this.#s, topic), true);
    this.#s.note(`${step}: its producers`, await producersOf(this.#s, topic));
  }

  #topic(name: TopicName): string {
    return this.#topics.get(name)!;
  }

  async #send(name: TopicName, records: Buffer): Promise<void> {
    const { responses } = await this.#s.quietly("produce", 9, produce(this.#topic(name), records));
    expectNone(responses[0]!.partitionResponses[0]!.errorCode);
  }

  /** A start forgets producers that have not written for a day. Each batch is later than the one before, and than any marker. */
  #presentMs(sequence: number): number {
    return this.#begunAtMs + aheadMs + sequence * 1_000;
  }

  #numbered(baseSequence: number, producerEpoch = 0): Buffer {
    const timestamp = this.#presentMs(baseSequence);
    return batch({ producerId: this.#producerId, producerEpoch, baseSequence, count: 2, timestamp });
  }

  #sendInTransaction(): Promise<void> {
    const sequence = this.#transactionalSequence++;
    return this.#producer.send(this.#topic("transactional"), sequence, { timestamp: this.#presentMs(sequence) });
  }

  async #endTwoTransactions(): Promise<void> {
    for (const isCommit of [true, false]) {
      await this.#producer.add(this.#topic("transactional"), 0);
      await this.#sendInTransaction();
      await this.#producer.end(isCommit);
      await this.#send("transactional", batch());
    }
  }

  #untilCompacted(): Promise<void> {
    return this.#s.until(async () => {
      const { records } = await readAll(this.#s, this.#topic("compacted"));
      let count = 0;
      for (const { recordCount } of batches(records)) count += recordCount;
      return count === compactedCount;
    });
  }

  async #noteEpochs(): Promise<void> {
    const topics = [...this.#topics.values()].map((name) => ({ name }));
    const metadata = await this.#s.quietly("metadata", 12, { topics });
    for (const [name, topic] of this.#topics) {
      const { partitions } = metadata.topics.find((each) => each.name === topic)!;
      this.#epochs.get(name)!.push(partitions[0]!.leaderEpoch);
    }
  }

  async #hasCommitted(): Promise<boolean> {
    const partitions = [{ partitionIndex: 0, committedOffset: 3 }];
    const { topics } = await this.#s.quietly("offsetCommit", 8, {
      groupId: this.#groupId,
      topics: [{ name: this.#topic("plain"), partitions }],
    });
    if (topics[0]!.partitions[0]!.errorCode === Errors.NONE) return true;
    await this.#s.quietly("findCoordinator", 4, { keyType: 0, coordinatorKeys: [this.#groupId] });
    return false;
  }

  async #isCoordinated(): Promise<boolean> {
    const { groups } = await this.#s.quietly("offsetFetch", 8, { groups: [{ groupId: this.#groupId, topics: null }] });
    const transactionalIds = [this.#producer.transactionalId];
    const { transactionStates } = await this.#s.quietly("describeTransactions", 0, { transactionalIds });
    return groups[0]!.errorCode === Errors.NONE && transactionStates[0]!.errorCode === Errors.NONE;
  }
}

function expectNone(errorCode: number): void {
  if (errorCode !== Errors.NONE) throw new Error(errorName(errorCode));
}

/** What is there of logs, producers, transactions and commits after a clean stop, and after kill -9. */
export const restartScenario: Scenario = {
  name: "restarts",
  properties: coordinatorsOfOne("1"),
  isSlow: true,
  async run(s) {
    const lives = await Lives.begin(s);
    await lives.write();
    await lives.deleteRecords();
    await lives.look("in the first life");
    await lives.restart("clean");
    await lives.look("after a clean stop");
    await lives.repeat("after a clean stop", [14, 12, 10, 6, 4, 2]);
    await lives.endTransaction("after a clean stop", false);
    await lives.write();
    await lives.restart("kill -9");
    await lives.look("after kill -9");
    // Kafka knows the last batch alone then. Ours may know five, unless a flush has left a snapshot in the segment.
    await lives.repeat("after kill -9", [14, 12, 2]);
    await lives.endTransaction("after kill -9", true);
  },
};
