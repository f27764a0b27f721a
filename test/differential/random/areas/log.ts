import { startMs } from "../../requests.ts";
import { type BatchSpec, type Overwritten } from "../batch-spec.ts";
import { type Draw } from "../draw.ts";
import { type Script, type ScriptStep, type ScriptTopic } from "../script.ts";
import { batches, idOf, kept, named } from "../values.ts";

const unknownId = "AAAAAAAAAAAAAAAAAAAABQ";
const dayMs = 86_400_000;

/** Configurations that decide what becomes of a batch. */
const configurations: readonly (readonly [number, Readonly<Record<string, string>>])[] = [
  [6, {}],
  [2, { "message.timestamp.type": "LogAppendTime" }],
  [2, { "cleanup.policy": "compact" }],
  [2, { "max.message.bytes": "300" }],
  [1, { "compression.type": "gzip" }],
  [1, { "compression.type": "lz4" }],
  [1, { "compression.type": "uncompressed" }],
  [1, { "compression.type": "snappy", "message.timestamp.type": "LogAppendTime" }],
  [1, { "message.timestamp.after.max.ms": "1000" }],
  [1, { "message.timestamp.before.max.ms": "1000" }],
  [1, { "min.insync.replicas": "2" }],
  [1, { "cleanup.policy": "compact", "compression.type": "zstd" }],
  [2, { "segment.bytes": "1048576", "segment.ms": "3600000" }],
  [1, { "flush.messages": "1" }],
];

/** Records that are produced, read, looked up and deleted, in good order and in bad. */
export function logScript(name: string, draw: Draw, length: number): Script {
  const topics: ScriptTopic[] = ["t", "u"].slice(0, draw.between(1, 2)).map((topic) => ({
    name: topic,
    partitions: draw.between(1, 2),
    configs: draw.weighted(configurations),
  }));
  const state = new LogState(draw, topics);
  const steps = Array.from({ length: draw.between(Math.ceil(length / 2), length) }, () => state.step());
  return { name, topics, steps };
}

class LogState {
  readonly #draw: Draw;
  readonly #topics: readonly ScriptTopic[];
  readonly #sequences = new Map<string, number>();
  readonly #sessions: { name: string; version: number; epoch: number }[] = [];
  #offset = 0;

  constructor(draw: Draw, topics: readonly ScriptTopic[]) {
    this.#draw = draw;
    this.#topics = topics;
  }

  step(): ScriptStep {
    const { body, ...rest } = this.#draw.weighted<() => ScriptStep>([
      [10, () => this.#produce()],
      [4, () => this.#fetch()],
      [3, () => this.#sessionFetch()],
      [3, () => this.#listOffsets()],
      [2, () => this.#deleteRecords()],
      [1, () => this.#leaderEpoch()],
      [1, () => this.#initProducer()],
      [1, () => this.#describeProducers()],
    ])();
    return { ...rest, body };
  }

  #topic(): ScriptTopic {
    return this.#draw.oneOf(this.#topics);
  }

  #name(topic: ScriptTopic, internal: readonly string[] = []): unknown {
    return this.#draw.mostly<unknown>(named(topic.name), [named("none"), "", "bad name", ...internal], 4);
  }

  /** Without the zero id: Kafka fails over it when another partition follows. */
  #topicId(topic: ScriptTopic): unknown {
    return this.#draw.mostly<unknown>(idOf(topic.name), [unknownId], 4);
  }

  #partition(topic: ScriptTopic): number {
    return this.#draw.mostly(this.#draw.between(0, topic.partitions - 1), [-1, 9], 4);
  }

  #initProducer(): ScriptStep {
    const producer = this.#draw.oneOf(["p", "q"]);
    const version = this.#draw.between(0, 5);
    return {
      api: "initProducerId",
      version,
      body: { transactionalId: null, transactionTimeoutMs: 60_000 },
      keep: { [`${producer}.id`]: "producerId", [`${producer}.epoch`]: "producerEpoch" },
    };
  }

  #produce(): ScriptStep {
    const draw = this.#draw;
    const version = draw.weighted([
      [2, 13],
      [4, draw.between(9, 12)],
      [3, draw.between(3, 8)],
    ]);
    const topic = this.#topic();
    const partitions = draw.percent(15) ? [0, 1] : [this.#partition(topic)];
    const partitionData = partitions.map((index) => ({ index, records: this.#records(topic, index) }));
    const where =
      version >= 13 ? { topicId: this.#topicId(topic) } : { name: this.#name(topic, ["__consumer_offsets"]) };
    const acks = draw.mostly(-1, [1, 0, 1, 2, -2], 20);
    return {
      api: "produce",
      version,
      body: {
        acks,
        timeoutMs: 10_000,
        transactionalId: null,
        topicData: [{ ...where, partitionData }],
      },
    };
  }

  #records(topic: ScriptTopic, partition: number): unknown {
    const draw = this.#draw;
    if (draw.percent(2)) return batches();
    const count = draw.mostly(1, [2, 2, 3], 6);
    return batches(...Array.from({ length: count }, () => this.#batch(topic, partition)));
  }

  #batch(topic: ScriptTopic, partition: number): BatchSpec {
    const draw = this.#draw;
    const count = draw.weighted([
      [5, 1],
      [4, draw.between(2, 6)],
      [1, 40],
    ]);
    const isCompacted = topic.configs?.["cleanup.policy"] === "compact";
    const spec = {
      count,
      valueSize: draw.mostly<number | null>(draw.between(0, 60), [null, 400, 180, 230], 15),
      ...(draw.percent(isCompacted ? 85 : 20) && { key: draw.mostly("k", ["", "key"], 20) }),
      ...(draw.percent(10) && { headers: draw.between(1, 3) }),
      ...this.#time(),
      ...(draw.percent(35) && {
        compression: draw.oneOf(["gzip", "snappy", "lz4", "zstd"] as const),
      }),
      ...(draw.percent(35) && this.#sequence(topic, partition, count)),
    };
    if (!draw.percent(30)) return spec;
    const fault = this.#fault(count);
    // Kafka takes compressed records whose sizes lie, and no consumer gets past them; ours refuses.
    return { ...spec, ...fault, ...(fault.inside !== undefined && { compression: "none" as const }) };
  }

  #time(): Pick<BatchSpec, "timestamp" | "timestampStep"> {
    const draw = this.#draw;
    const timestamp = draw.mostly(
      startMs + draw.between(0, 20) * 1_000,
      [-1, 0, startMs - dayMs, 4_000_000_000_000, -2],
      12,
    );
    return { timestamp, ...(draw.percent(15) && { timestampStep: draw.oneOf([0, -1_000, 7_200_000]) }) };
  }

  #sequence(topic: ScriptTopic, partition: number, count: number): object {
    const draw = this.#draw;
    const producer = draw.oneOf(["p", "p", "q"]);
    const key = `${producer} ${topic.name} ${partition}`;
    const next = this.#sequences.get(key) ?? 0;
    const baseSequence = draw.mostly(next, [0, -1, next + 1, Math.max(0, next - count), 2_147_483_646], 18);
    if (baseSequence === next) this.#sequences.set(key, next + count);
    return {
      producerId: draw.mostly<unknown>(kept(`${producer}.id`, 4_000_000), [7_000_000, -1, -2], 4),
      producerEpoch: draw.mostly(0, [1, 2, -1, 32_767], 12),
      baseSequence,
    };
  }

  /** What makes a batch a bad one. */
  #fault(count: number): BatchSpec {
    const draw = this.#draw;
    const header = (at: number, bits: Overwritten["bits"], ...values: number[]): BatchSpec => ({
      outside: [{ at, bits, value: draw.oneOf(values) }],
    });
    return draw.oneOf<() => BatchSpec>([
      () => ({ magic: draw.oneOf([0, 1]) }),
      () => header(16, 8, 0, 1, 3, -1),
      () => ({ outside: [{ at: 17, bits: 32, value: 12_345 }], isCrcKept: true }),
      () => ({ outside: [{ at: -1, bits: 8, value: 77 }], isCrcKept: true }),
      () => header(0, 64, 1, 5, -1, 1_000_000),
      () => header(8, 32, 0, 49, 48, 10, -1, 2_000, 100),
      () => header(12, 32, 0, 3, -1),
      () => header(21, 16, 5, 6, 7, 8, 0x10, 0x20, 0x30, 0x40, 0x80, 0x100),
      () => header(23, 32, 0, count, count + 3, -1, -2, 2_147_483_647),
      () => header(27, 64, 0, -1, startMs + dayMs, 8_000_000_000_000),
      () => header(35, 64, 0, -1, startMs - dayMs, startMs + dayMs),
      () => header(57, 32, 0, count + 1, count - 1, -1, 2_000_000),
      () => ({ inside: [{ at: 0, bits: 8, value: draw.oneOf([0, 1, 2, 100, -1]) }] }),
      () => ({ inside: [{ at: draw.between(1, 12), bits: 8, value: draw.oneOf([0, 1, 2, 3, 50, -1]) }] }),
      () => ({ inside: [{ at: -1, bits: 8, value: draw.oneOf([1, 2, 3, 50, -1]) }] }),
      () => ({ cut: draw.oneOf([1, 5, 20, 60, 70]) }),
      () => ({ offsetDeltas: draw.oneOf([[1], [0, 2, 3], [1, 0], [0, 0], [-1, 0], [5]]) }),
      () => ({ isControl: true }),
      () => ({ isTransactional: true }),
      () => ({ isAppendTime: true }),
      () => ({ baseOffset: draw.oneOf([1, 7, 100]), leaderEpoch: draw.oneOf([0, 5]) }),
      () => ({
        producerId: 3,
        producerEpoch: draw.oneOf([0, -1]),
        baseSequence: draw.oneOf([-1, 0]),
        isTransactional: draw.percent(30),
      }),
    ])();
  }

  #fetchOffset(): number {
    return this.#draw.mostly(this.#draw.between(0, 12), [-1, 50, 1_000, 2, -2], 8);
  }

  #fetchPartition(topic: ScriptTopic, version: number): object {
    const draw = this.#draw;
    return {
      partition: this.#partition(topic),
      fetchOffset: this.#fetchOffset(),
      partitionMaxBytes: draw.mostly(1 << 20, [0, 1, 100, 200, 300], 25),
      ...(version >= 9 && draw.percent(15) && { currentLeaderEpoch: draw.oneOf([0, 0, 1, -2, 5]) }),
      ...(version >= 12 && draw.percent(10) && { lastFetchedEpoch: draw.oneOf([0, 1, -1, -2]) }),
      ...(draw.percent(5) && { logStartOffset: draw.oneOf([0, 3]) }),
    };
  }

  #fetchTopics(version: number): object[] {
    return this.#draw.some(this.#topics, 2).map((topic) => ({
      ...(version >= 13 ? { topicId: this.#topicId(topic) } : { topic: this.#name(topic) }),
      partitions: [this.#fetchPartition(topic, version)],
    }));
  }

  #limits(): object {
    const draw = this.#draw;
    return {
      maxWaitMs: 0,
      minBytes: draw.mostly(1, [0, 1_000], 10),
      maxBytes: draw.mostly(1 << 20, [0, 1, 150, 300], 20),
      isolationLevel: draw.oneOf([0, 0, 1]),
    };
  }

  #fetch(): ScriptStep {
    const version = this.#draw.between(4, 17);
    const topics = this.#fetchTopics(version);
    const body = { ...this.#limits(), topics, ...(version >= 7 && { sessionEpoch: -1 }) };
    return { api: "fetch", version, body };
  }

  #sessionFetch(): ScriptStep {
    const draw = this.#draw;
    if (this.#sessions.length === 0 || draw.percent(20)) {
      const session = { name: `s${this.#sessions.length}`, version: draw.between(7, 17), epoch: 1 };
      this.#sessions.push(session);
      return {
        api: "fetch",
        version: session.version,
        body: { ...this.#limits(), sessionId: 0, sessionEpoch: 0, topics: this.#fetchTopics(session.version) },
        keep: { [session.name]: "sessionId" },
      };
    }
    const session = draw.oneOf(this.#sessions);
    const version = draw.mostly(session.version, [7, 12, 13, 17], 4);
    const sessionEpoch = draw.mostly(session.epoch, [-1, 0, session.epoch + 1, -2], 6);
    if (sessionEpoch === session.epoch) session.epoch += 1;
    const forgotten = this.#topics.map((topic) => ({
      ...(version >= 13 ? { topicId: idOf(topic.name) } : { topic: named(topic.name) }),
      partitions: [draw.between(0, 1)],
    }));
    return {
      api: "fetch",
      version,
      body: {
        ...this.#limits(),
        sessionId: kept(session.name, 0),
        sessionEpoch,
        topics: draw.percent(50) ? [] : this.#fetchTopics(version),
        ...(draw.percent(12) && { forgottenTopicsData: draw.some(forgotten) }),
      },
    };
  }

  #listOffsets(): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(1, 11);
    const topic = this.#topic();
    const timestamp = draw.weighted([
      [3, -1],
      [3, -2],
      [2, startMs + draw.between(0, 30) * 1_000],
      [1, draw.oneOf([0, startMs + dayMs, startMs - dayMs])],
      [2, draw.oneOf([-3, -4, -5, -6, -7])],
    ]);
    const partition = {
      partitionIndex: this.#partition(topic),
      timestamp,
      ...(version >= 4 && draw.percent(15) && { currentLeaderEpoch: draw.oneOf([0, 1, 9, -2]) }),
    };
    return {
      api: "listOffsets",
      version,
      body: {
        replicaId: draw.mostly(-1, [-2, 1, 5], 5),
        ...(version >= 2 && { isolationLevel: draw.oneOf([0, 1]) }),
        topics: [{ name: this.#name(topic), partitions: [partition] }],
      },
    };
  }

  #deleteRecords(): ScriptStep {
    const draw = this.#draw;
    const topic = this.#topic();
    this.#offset = draw.mostly(this.#offset + draw.between(0, 3), [-1, 0, 100, -2], 20);
    return {
      api: "deleteRecords",
      version: draw.between(0, 2),
      body: {
        topics: [
          { name: this.#name(topic), partitions: [{ partitionIndex: this.#partition(topic), offset: this.#offset }] },
        ],
        timeoutMs: 5_000,
      },
    };
  }

  #leaderEpoch(): ScriptStep {
    const draw = this.#draw;
    const version = draw.between(2, 4);
    const topic = this.#topic();
    return {
      api: "offsetForLeaderEpoch",
      version,
      body: {
        ...(version >= 3 && { replicaId: draw.mostly(-1, [-2, 1, 5], 10) }),
        topics: [
          {
            topic: this.#name(topic),
            partitions: [
              {
                partition: this.#partition(topic),
                currentLeaderEpoch: draw.mostly(-1, [0, 1, -2], 30),
                leaderEpoch: draw.oneOf([0, 0, 1, -1, 5, -2]),
              },
            ],
          },
        ],
      },
    };
  }

  #describeProducers(): ScriptStep {
    const topic = this.#topic();
    return {
      api: "describeProducers",
      version: 0,
      body: { topics: [{ name: this.#name(topic), partitionIndexes: [this.#partition(topic)] }] },
    };
  }
}
