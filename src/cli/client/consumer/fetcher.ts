import { type Compute } from "../../../io/ports.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { batches } from "../../../protocol/records/batches.ts";
import { type Cluster, isTransient } from "../cluster.ts";
import { KafkaError } from "../kafka-error.ts";
import { byTopic } from "../topic-partition.ts";
import { type ConsumerSettings } from "./consumer-settings.ts";
import { consumedRecords, type ConsumedRecord } from "./fetched-records.ts";
import { type Chunk } from "./record-queue.ts";
import { type TrackedPartition } from "./tracked-partition.ts";

/** What fetches are for. */
export interface FetchSink {
  /** Whether there is room for what a fetch brings, and it is still wanted. */
  isOpen(): boolean;
  /** What to fetch from, at this moment. */
  partitions(): readonly TrackedPartition[];
  take(chunk: Chunk): void;
  /** @param failure ends the consumption */
  onFetched(failure: Error | undefined): void;
}

type PartitionResult = ApiResponse<"fetch">["responses"][number]["partitions"][number];

/** Fetches in the background, one request at a time from each broker. */
export class Fetcher {
  readonly #cluster: Cluster;
  readonly #loadCompute: () => Promise<Compute>;
  readonly #settings: ConsumerSettings;
  readonly #sink: FetchSink;
  #isLookingUp = false;

  constructor(cluster: Cluster, loadCompute: () => Promise<Compute>, settings: ConsumerSettings, sink: FetchSink) {
    this.#cluster = cluster;
    this.#loadCompute = loadCompute;
    this.#settings = settings;
    this.#sink = sink;
  }

  /** One fetch for each broker that leads some of the partitions and has none of our fetches under way. */
  fetchAll(): void {
    if (!this.#sink.isOpen()) return;
    const byLeader = new Map<number, TrackedPartition[]>();
    const busy = new Set<number>();
    const withoutLeader = new Set<string>();
    for (const partition of this.#sink.partitions()) {
      const leader = this.#cluster.topic(partition.topic)?.partitions[partition.partition]?.leaderId;
      if (leader === undefined || leader < 0) {
        withoutLeader.add(partition.topic);
        continue;
      }
      if (partition.isFetching) busy.add(leader);
      else if (partition.fetchOffset !== undefined) {
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), partition]);
      }
    }
    for (const [leader, partitions] of byLeader) if (!busy.has(leader)) void this.#fetch(leader, partitions);
    if (withoutLeader.size > 0) void this.#lookUp([...withoutLeader]);
  }

  /** One look-up at a time. What it finds is for the next round, and so is a failure. */
  async #lookUp(topics: readonly string[]): Promise<void> {
    if (this.#isLookingUp) return;
    this.#isLookingUp = true;
    await this.#cluster.refreshTopics(topics, true).catch(() => undefined);
    this.#isLookingUp = false;
  }

  async #fetch(leader: number, partitions: readonly TrackedPartition[]): Promise<void> {
    for (const partition of partitions) partition.isFetching = true;
    let failure: Error | undefined;
    try {
      const connection = await this.#cluster.connectionTo(leader);
      const answer = await connection.send("fetch", this.#request(partitions));
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
        failure = error as Error;
      }
    } finally {
      for (const partition of partitions) partition.isFetching = false;
      // Back to back: the next fetch leaves while the records of this one are printed.
      if (failure === undefined) this.fetchAll();
      this.#sink.onFetched(failure);
    }
  }

  #request(partitions: readonly TrackedPartition[]) {
    const { readCommitted, fetchWaitMs, fetchBytesMin, fetchBytesMax, partitionBytesMax } = this.#settings;
    return {
      maxWaitMs: fetchWaitMs,
      minBytes: fetchBytesMin,
      maxBytes: fetchBytesMax,
      isolationLevel: readCommitted ? 1 : 0,
      topics: [...byTopic(partitions)].map(([name, its]) => ({
        topic: name,
        topicId: this.#cluster.topicIdOf(name),
        partitions: its.map(({ partition, fetchOffset }) => ({
          partition,
          currentLeaderEpoch: this.#cluster.topic(name)?.partitions[partition]?.leaderEpoch ?? -1,
          fetchOffset: fetchOffset ?? 0,
          partitionMaxBytes: partitionBytesMax,
        })),
      })),
    };
  }

  async #take(tracked: TrackedPartition, result: PartitionResult): Promise<void> {
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
    let leaderEpoch = -1;
    for (const batch of batches(result.records)) {
      nextOffset = batch.nextOffset;
      leaderEpoch = batch.partitionLeaderEpoch;
    }
    // A rebalance may have taken the partition away while the answer was under way.
    if (!this.#sink.partitions().includes(tracked)) return;
    tracked.fetchOffset = nextOffset;
    this.#sink.take({ partition: tracked, records, nextOffset, leaderEpoch });
  }
}
