import { type Compute, NetError } from "../../../io/ports.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { batches } from "../../../protocol/records/batches.ts";
import { type Cluster, isTransient, type TopicInfo } from "../cluster.ts";
import { consumedRecords, type ConsumedRecord } from "./fetched-records.ts";
import { type GroupMember, type PartitionOffset } from "../group/classic-membership.ts";
import { ClientError, KafkaError } from "../kafka-error.ts";
import { listOffset, specialTimestamps } from "./list-offset.ts";
import { type Assignment } from "../group/assignors/range-assignor.ts";

export type OffsetReset = "earliest" | "latest" | "none";

export interface ConsumerSettings {
  readonly offsetReset: OffsetReset;
  readonly readCommitted: boolean;
  readonly fetchWaitMs: number;
  readonly fetchBytesMin: number;
  readonly fetchBytesMax: number;
  readonly partitionBytesMax: number;
  readonly metadataMaxAgeMs: number;
  /** Undefined commits nothing. */
  readonly autoCommitIntervalMs: number | undefined;
}

/** What to consume: topics shared with the other members of a group, or one partition of our own choice. */
export type Subscription =
  | { readonly kind: "group"; readonly member: GroupMember; readonly topic: string | ((name: string) => boolean) }
  | {
      readonly kind: "partition";
      readonly topic: string;
      /** One of them, or several. */
      readonly partition: number | readonly number[];
      readonly start: number | OffsetReset;
    };

interface TrackedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Where the next fetch starts; undefined until it is looked up as `reset` says. */
  fetchOffset: number | undefined;
  reset: OffsetReset;
  /** The first record that was not handed out; undefined while nothing is known. */
  position: number | undefined;
  isFetching: boolean;
}

interface Chunk {
  readonly partition: TrackedPartition;
  readonly records: readonly ConsumedRecord[];
  /** Behind the last record, and behind what was left out after it. */
  readonly nextOffset: number;
}

/** Fetching pauses while more records than these wait to be handed out. */
const waitingRecordsMax = 20_000;

/** Reads records in the background; they are taken out with `next`, and `fill` waits for more. */
export class Consumer {
  /** Called with the partitions that a rebalance gave this member of a group. */
  onAssigned: (partitions: readonly { topic: string; partition: number }[]) => void = () => {};
  /** Called with the partitions that are taken away, or given back. */
  onRevoked: (partitions: readonly { topic: string; partition: number }[]) => void = () => {};
  readonly #cluster: Cluster;
  readonly #loadCompute: () => Promise<Compute>;
  readonly #settings: ConsumerSettings;
  readonly #subscription: Subscription;
  #partitions: TrackedPartition[] = [];
  #chunks: Chunk[] = [];
  #chunkAt = 0;
  #waitingRecords = 0;
  #mustJoin = true;
  #isRunning = false;
  #failure: Error | undefined;
  #isClosed = false;
  #waiters: (() => void)[] = [];
  #topicsAtJoin = "";
  #timers: { cancel(): void }[] = [];

  constructor(
    cluster: Cluster,
    loadCompute: () => Promise<Compute>,
    settings: ConsumerSettings,
    subscription: Subscription,
  ) {
    this.#cluster = cluster;
    this.#loadCompute = loadCompute;
    this.#settings = settings;
    this.#subscription = subscription;
    if (subscription.kind === "group") subscription.member.onRebalance = () => this.#rejoin();
  }

  /** The next record that is here already; undefined when there is none. */
  next(): ConsumedRecord | undefined {
    for (;;) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return undefined;
      const record = chunk.records[this.#chunkAt];
      if (record !== undefined) {
        this.#chunkAt++;
        this.#waitingRecords--;
        chunk.partition.position = record.offset + 1;
        return record;
      }
      chunk.partition.position = chunk.nextOffset;
      this.#chunks.shift();
      this.#chunkAt = 0;
      this.#changed();
    }
  }

  /**
   * Waits until `next` has something, or for `timeoutMs`.
   * @throws what ended the consumption
   */
  async fill(timeoutMs: number): Promise<void> {
    if (!this.#isRunning) void this.#run();
    this.#isRunning = true;
    const deadline = this.#cluster.ports.clock.monotonicMs() + timeoutMs;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const leftMs = deadline - this.#cluster.ports.clock.monotonicMs();
      if (this.#waitingRecords > 0 || leftMs <= 0 || this.#isClosed) return;
      await this.#change(leftMs);
    }
  }

  /** Commits where the group goes on. @throws KafkaError when the coordinator refused */
  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.#subscription.kind === "group") await this.#subscription.member.commit(offsets);
  }

  /** Waits until it is known of every partition where its reading begins. @throws what ended the consumption */
  async positioned(): Promise<void> {
    await this.fill(0);
    while (this.#mustJoin || this.#partitions.some(({ fetchOffset }) => fetchOffset === undefined)) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change(1);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes a `fill` that waits return. */
  wakeUp(): void {
    this.#isClosed = true;
    this.#changed();
  }

  /** Commits what was handed out, if that is wanted, and leaves the group. */
  async close(): Promise<void> {
    this.wakeUp();
    for (const timer of this.#timers) timer.cancel();
    if (this.#subscription.kind !== "group") return;
    if (this.#failure === undefined) await this.#commit();
    this.#revoke();
    await this.#subscription.member.leave();
  }

  async #run(): Promise<void> {
    try {
      this.#repeat(this.#settings.autoCommitIntervalMs, () => void this.#commit());
      this.#repeat(this.#settings.metadataMaxAgeMs, () => void this.#watchTopics());
      while (!this.#isClosed) {
        if (this.#mustJoin) await this.#assign();
        await this.#lookUpPositions();
        this.#fetchAll();
        await this.#change(this.#settings.fetchWaitMs);
      }
    } catch (error) {
      this.#failure = error as Error;
      this.#changed();
    }
  }

  /** Gets the partitions to read, which for a member of a group means to join it. */
  async #assign(): Promise<void> {
    const subscription = this.#subscription;
    if (subscription.kind === "partition") {
      const { topic, partition, start } = subscription;
      const reset = typeof start === "number" ? this.#settings.offsetReset : start;
      const offset = typeof start === "number" ? start : undefined;
      const indexes = typeof partition === "number" ? [partition] : partition;
      this.#partitions = indexes.map((index) => track({ topic, partition: index }, offset, reset));
      this.#mustJoin = false;
      return;
    }
    await this.#commit();
    this.#revoke();
    const topics = await this.#subscribedTopics(subscription.topic);
    this.#topicsAtJoin = fingerprint(topics);
    this.#mustJoin = false;
    const names = topics.map(({ name }) => name);
    const assignment = await subscription.member.join(names, () => this.#isClosed);
    const unknown = [...assignment.keys()].filter((name) => this.#cluster.topic(name) === undefined);
    if (unknown.length > 0) await this.#untilClosed(() => this.#cluster.refreshTopics(unknown, false));
    const committed = assignment.size === 0 ? [] : await subscription.member.committed(assignment);
    this.#partitions = partitionsOf(assignment).map(({ topic, partition }) => {
      const known = committed.find((offset) => offset.topic === topic && offset.partition === partition);
      return track({ topic, partition }, known?.offset, this.#settings.offsetReset);
    });
    this.onAssigned(this.#partitions.map(({ topic, partition }) => ({ topic, partition })));
  }

  #revoke(): void {
    const partitions = this.#partitions.map(({ topic, partition }) => ({ topic, partition }));
    this.#drop();
    if (partitions.length > 0) this.onRevoked(partitions);
  }

  /** Waits until a topic that was named is there; a pattern may match none for now. */
  async #subscribedTopics(wanted: string | ((name: string) => boolean)): Promise<TopicInfo[]> {
    if (typeof wanted === "function") {
      const all = await this.#untilClosed(() => this.#cluster.refreshTopics(null, false));
      return (all ?? []).filter(({ name, isInternal }) => !isInternal && wanted(name));
    }
    const found = await this.#untilClosed(async () => {
      const topics = await this.#cluster.refreshTopics([wanted], true);
      if (topics.length === 0) throw new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
      return topics;
    });
    return found ?? [];
  }

  /** Tries again for as long as the consumer is open; undefined when it was closed meanwhile. */
  async #untilClosed<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    for (let failures = 0; !this.#isClosed; failures++) {
      try {
        return await attempt();
      } catch (error) {
        if (!isTransient(error)) throw error;
        const { retryBackoffMs } = this.#cluster.options;
        await this.#cluster.sleep(error instanceof NetError ? Math.min(50 * 2 ** failures, 1_000) : retryBackoffMs);
      }
    }
    return undefined;
  }

  async #lookUpPositions(): Promise<void> {
    for (const partition of this.#partitions) {
      if (partition.fetchOffset !== undefined || this.#isClosed || this.#mustJoin) continue;
      const { topic, partition: index, reset } = partition;
      if (reset === "none") {
        throw new ClientError(
          "org.apache.kafka.clients.consumer.NoOffsetForPartitionException",
          `Undefined offset with no reset policy for partitions: [${topic}-${index}]`,
        );
      }
      const offset = await this.#untilClosed(async () => {
        if (!(await this.#isThere(topic, index))) return undefined;
        return listOffset(this.#cluster, topic, index, specialTimestamps[reset], this.#settings.readCommitted);
      });
      if (offset === undefined) continue;
      partition.fetchOffset = offset;
      partition.position = offset;
    }
  }

  async #isThere(topic: string, partition: number): Promise<boolean> {
    const known = this.#cluster.topic(topic) ?? (await this.#cluster.refreshTopics([topic], true))[0];
    return known?.partitions[partition] !== undefined;
  }

  /** One fetch for each broker that leads some of the partitions and has none of our fetches under way. */
  #fetchAll(): void {
    if (this.#isClosed || this.#mustJoin || this.#waitingRecords > waitingRecordsMax) return;
    const byLeader = new Map<number, TrackedPartition[]>();
    const busy = new Set<number>();
    for (const partition of this.#partitions) {
      const leader = this.#cluster.topic(partition.topic)?.partitions[partition.partition]?.leaderId;
      if (leader === undefined || leader < 0) {
        // What it finds is for the next round, and so is a failure.
        void this.#cluster.refreshTopics([partition.topic], true).catch(() => undefined);
        continue;
      }
      if (partition.isFetching) busy.add(leader);
      else if (partition.fetchOffset !== undefined) {
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
      }
    }
    for (const [leader, partitions] of byLeader) if (!busy.has(leader)) void this.#fetch(leader, partitions);
  }

  async #fetch(leader: number, partitions: readonly TrackedPartition[]): Promise<void> {
    for (const partition of partitions) partition.isFetching = true;
    try {
      const connection = await this.#cluster.connectionTo(leader);
      const answer = await connection.send("fetch", this.#fetchRequest(partitions));
      if (answer.errorCode !== Errors.NONE) throw new KafkaError(answer.errorCode);
      for (const { topic, topicId, partitions: results } of answer.responses) {
        for (const result of results) {
          const partition = partitions.find(
            (candidate) =>
              candidate.partition === result.partitionIndex &&
              (candidate.topic === topic || this.#cluster.topicIdOf(candidate.topic) === topicId),
          );
          if (partition !== undefined) await this.#take(partition, result);
        }
      }
    } catch (error) {
      if (isTransient(error)) {
        for (const { topic } of partitions) this.#cluster.forgetTopic(topic);
        await this.#cluster.sleep(this.#cluster.options.retryBackoffMs);
      } else {
        this.#failure ??= error as Error;
      }
    } finally {
      for (const partition of partitions) partition.isFetching = false;
      // Back to back: the next fetch leaves while the records of this one are printed.
      if (this.#failure === undefined) this.#fetchAll();
      this.#changed();
    }
  }

  #fetchRequest(partitions: readonly TrackedPartition[]) {
    const { readCommitted, fetchWaitMs, fetchBytesMin, fetchBytesMax, partitionBytesMax } = this.#settings;
    const names = [...new Set(partitions.map(({ topic }) => topic))];
    return {
      maxWaitMs: fetchWaitMs,
      minBytes: fetchBytesMin,
      maxBytes: fetchBytesMax,
      isolationLevel: readCommitted ? 1 : 0,
      topics: names.map((name) => ({
        topic: name,
        topicId: this.#cluster.topicIdOf(name),
        partitions: partitions
          .filter(({ topic }) => topic === name)
          .map(({ partition, fetchOffset }) => ({
            partition,
            currentLeaderEpoch: this.#cluster.topic(name)?.partitions[partition]?.leaderEpoch ?? -1,
            fetchOffset: fetchOffset ?? 0,
            partitionMaxBytes: partitionBytesMax,
          })),
      })),
    };
  }

  async #take(
    tracked: TrackedPartition,
    result: ApiResponse<"fetch">["responses"][number]["partitions"][number],
  ): Promise<void> {
    const fetchOffset = tracked.fetchOffset ?? 0;
    if (result.errorCode === Errors.OFFSET_OUT_OF_RANGE) {
      tracked.fetchOffset = undefined;
      return;
    }
    if (result.errorCode !== Errors.NONE) throw new KafkaError(result.errorCode);
    if (result.records === null || result.records.length === 0) return;
    const { topic, partition } = tracked;
    const fetched = {
      topic,
      partition,
      fetchOffset,
      records: result.records,
      abortedTransactions: this.#settings.readCommitted ? (result.abortedTransactions ?? []) : undefined,
    };
    const records: ConsumedRecord[] = [];
    for await (const batch of consumedRecords(fetched, this.#loadCompute))
      for (const record of batch) records.push(record);
    let nextOffset = fetchOffset;
    for (const batch of batches(result.records)) nextOffset = batch.nextOffset;
    // A rebalance may have taken the partition away while the answer was under way.
    if (!this.#partitions.includes(tracked)) return;
    tracked.fetchOffset = nextOffset;
    this.#chunks.push({ partition: tracked, records, nextOffset });
    this.#waitingRecords += records.length;
  }

  #rejoin(): void {
    this.#mustJoin = true;
    this.#changed();
  }

  /** Forgets partitions that are about to go to other members, and their records that were not handed out. */
  #drop(): void {
    this.#partitions = [];
    this.#chunks = [];
    this.#chunkAt = 0;
    this.#waitingRecords = 0;
  }

  async #commit(): Promise<void> {
    const subscription = this.#subscription;
    if (subscription.kind !== "group" || this.#settings.autoCommitIntervalMs === undefined) return;
    const offsets: PartitionOffset[] = this.#partitions.flatMap(({ topic, partition, position }) =>
      position === undefined ? [] : [{ topic, partition, offset: position }],
    );
    try {
      await subscription.member.commit(offsets);
    } catch (error) {
      this.#cluster.warn(
        "org.apache.kafka.clients.consumer.internals.ConsumerCoordinator",
        `Offset commit failed: ${(error as Error).message}`,
      );
    }
  }

  /** The member that assigns looks for new topics and partitions, and lets the group join again when there are any. */
  async #watchTopics(): Promise<void> {
    const subscription = this.#subscription;
    if (subscription.kind !== "group" || !subscription.member.isLeader) return;
    const { topic } = subscription;
    const found = await this.#cluster
      .refreshTopics(typeof topic === "string" ? [topic] : null, true)
      .catch(() => undefined);
    const wanted = found?.filter(({ name, isInternal }) => typeof topic === "string" || (!isInternal && topic(name)));
    if (wanted !== undefined && fingerprint(wanted) !== this.#topicsAtJoin) this.#rejoin();
  }

  #repeat(intervalMs: number | undefined, action: () => void): void {
    if (intervalMs === undefined) return;
    const again = (): void => {
      const timer = this.#cluster.ports.timers.after(intervalMs, () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        action();
        if (!this.#isClosed) again();
      });
      this.#timers.push(timer);
    };
    again();
  }

  /** Resolves when something has happened, or after `timeoutMs`. */
  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#cluster.ports.timers.after(timeoutMs, resolve);
      this.#waiters.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #changed(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

function track(
  { topic, partition }: { topic: string; partition: number },
  offset: number | undefined,
  reset: OffsetReset,
): TrackedPartition {
  return { topic, partition, fetchOffset: offset, position: offset, reset, isFetching: false };
}

function partitionsOf(assignment: Assignment): { topic: string; partition: number }[] {
  return [...assignment].flatMap(([topic, partitions]) => partitions.map((partition) => ({ topic, partition })));
}

function fingerprint(topics: readonly TopicInfo[]): string {
  return topics
    .map(({ name, partitions }) => `${name}:${partitions.length}`)
    .sort()
    .join(",");
}
