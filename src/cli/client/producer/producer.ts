import { type CompressionName, type Compute } from "../../../io/ports.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { errorName, Errors } from "../../../protocol/errors.ts";
import { buildBatch, compressBatch, type RecordDraft } from "../../../protocol/records/batch-builder.ts";
import { type Cluster, isTransient, type TopicInfo } from "../cluster.ts";
import { type Connection } from "../connection.ts";
import { ClientError, KafkaError, throwIfError, TimeoutError } from "../kafka-error.ts";
import { partitionOfKey } from "./murmur2.ts";
import { BatchRefused, batchOverheadBytes, type Delivered, sizeBoundOf, PendingBatch } from "./pending-batch.ts";
import { type ProducerIdentity, type ProducerTransactions } from "./producer-transactions.ts";
import { StickyPartition } from "./sticky-partition.ts";

export interface ProducerSettings {
  readonly acks: -1 | 0 | 1;
  readonly isIdempotent: boolean;
  readonly retries: number;
  readonly lingerMs: number;
  readonly batchSizeBytes: number;
  readonly requestSizeBytesMax: number;
  /** Bytes of records that wait for the broker; beyond that `append` makes its caller wait. */
  readonly bufferBytesMax: number;
  readonly compression: CompressionName | "none";
  readonly compressionLevel: number | undefined;
  readonly requestTimeoutMs: number;
  /** How long `append` waits for the topic. */
  readonly maxBlockMs: number;
  /** From `append` to the end of all retries. */
  readonly deliveryTimeoutMs: number;
}

export interface OutgoingRecord extends Omit<RecordDraft, "timestamp" | "offsetDelta"> {
  /** The present when left out. */
  readonly timestamp?: number;
}

/** Requests under way to one broker. */
const inFlightMax = 5;
const sender = "org.apache.kafka.clients.producer.internals.Sender";

/** The unacknowledged batches of one partition, oldest first; only the last may be open. */
interface Lane {
  readonly topic: string;
  readonly partition: number;
  batches: PendingBatch[];
  nextSequence: number;
  /** The producer id that the sequence numbers belong to. */
  producer: ProducerIdentity | undefined;
}

/** Sends records in batches, each partition's in order, and again when a broker could not take them. */
export class Producer {
  readonly #cluster: Cluster;
  readonly #compute: Compute;
  readonly #settings: ProducerSettings;
  readonly #sticky: StickyPartition;
  readonly #lanes = new Map<string, Lane>();
  readonly #inFlight = new Map<number, number>();
  readonly #transactions: ProducerTransactions | undefined;
  #identity: ProducerIdentity | undefined;
  #bufferedBytes = 0;
  /** Nothing waits for its batch to fill. */
  #isFlushing = false;
  #isDrainScheduled = false;
  #isDraining = false;
  /** Something changed while a drain was under way. */
  #mustDrainAgain = false;
  #waiters: (() => void)[] = [];

  /** @param transactions has all records sent in transactions */
  constructor(cluster: Cluster, compute: Compute, settings: ProducerSettings, transactions?: ProducerTransactions) {
    this.#cluster = cluster;
    this.#compute = compute;
    this.#settings = settings;
    this.#transactions = transactions;
    this.#sticky = new StickyPartition(cluster.ports.random, settings.batchSizeBytes);
  }

  /**
   * Queues a record; resolves when it is queued, which takes as long as the topic is unknown or the buffer full. What
   * becomes of it is told to `delivered`, failures to queue it too.
   */
  async append(topicName: string, record: OutgoingRecord, delivered: Delivered): Promise<void> {
    const sizeBytes = sizeBoundOf(record);
    try {
      if (batchOverheadBytes + sizeBytes > this.#settings.requestSizeBytesMax) {
        throw new ClientError(
          "org.apache.kafka.common.errors.RecordTooLargeException",
          `The message is ${batchOverheadBytes + sizeBytes} bytes when serialized which is larger than ${this.#settings.requestSizeBytesMax}, which is the value of the max.request.size configuration.`,
        );
      }
      const topic = this.#cluster.topic(topicName) ?? (await this.#findTopic(topicName));
      while (this.#bufferedBytes > this.#settings.bufferBytesMax) await this.#change();
      this.#queue(topic, record, sizeBytes, delivered);
    } catch (error) {
      delivered(error as Error);
    }
  }

  /** Sends what is queued and waits until all of it is delivered or given up. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    this.#scheduleDrain();
    while (this.#bufferedBytes > 0) await this.#change();
    this.#isFlushing = false;
  }

  /** Flushes; nothing may be appended afterwards. */
  close(): Promise<void> {
    return this.flush();
  }

  async #findTopic(name: string): Promise<TopicInfo> {
    const { maxBlockMs } = this.#settings;
    const complaint = `Topic ${name} not present in metadata after ${maxBlockMs} ms.`;
    return this.#cluster.retry(complaint, maxBlockMs, async () => {
      const topic = (await this.#cluster.refreshTopics([name], true)).find((found) => found.name === name);
      if (topic !== undefined) return topic;
      // Not KafkaError: when the time is up, the complaint is that the topic is missing.
      throw new ClientError("", complaint, true);
    });
  }

  #queue(topic: TopicInfo, record: OutgoingRecord, sizeBytes: number, delivered: Delivered): void {
    const count = topic.partitions.length;
    const partition = record.key === null ? this.#sticky.next(count, sizeBytes) : partitionOfKey(record.key, count);
    const lane = this.#laneOf(topic.name, partition);
    let batch = lane.batches.at(-1);
    if (batch?.state !== "open" || batch.sizeBytes + sizeBytes > this.#settings.batchSizeBytes) {
      if (batch?.state === "open") {
        batch.state = "ready";
        this.#scheduleDrain();
      }
      batch = new PendingBatch(this.#cluster.ports.clock.monotonicMs());
      lane.batches.push(batch);
      const { lingerMs } = this.#settings;
      if (lingerMs > 0) this.#cluster.ports.timers.after(lingerMs, () => this.#scheduleDrain());
      else this.#scheduleDrain();
    }
    batch.add({ ...record, timestamp: record.timestamp ?? this.#cluster.ports.clock.wallMs() }, sizeBytes, delivered);
    this.#bufferedBytes += sizeBytes;
  }

  #laneOf(topic: string, partition: number): Lane {
    const key = `${topic}-${partition}`;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { topic, partition, batches: [], nextSequence: 0, producer: undefined };
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  #scheduleDrain(): void {
    if (this.#isDrainScheduled) return;
    this.#isDrainScheduled = true;
    this.#cluster.ports.timers.endOfTurn(() => {
      this.#isDrainScheduled = false;
      // One at a time: encoding waits, and sequence numbers are given in order.
      if (this.#isDraining) this.#mustDrainAgain = true;
      else void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    try {
      do {
        this.#mustDrainAgain = false;
        this.#expire();
        if (this.#transactions !== undefined) this.#identity = this.#transactions.identity;
        else if (this.#settings.isIdempotent && this.#identity === undefined && this.#hasWork()) await this.#identify();
        await this.#sendReady();
      } while (this.#mustDrainAgain);
    } catch (error) {
      if (isTransient(error)) this.#drainLater();
      else this.#failAll(error as Error);
    } finally {
      this.#isDraining = false;
    }
  }

  #drainLater(): void {
    this.#cluster.ports.timers.after(this.#cluster.options.retryBackoffMs, () => this.#scheduleDrain());
  }

  #hasWork(): boolean {
    return [...this.#lanes.values()].some(({ batches }) => batches.length > 0);
  }

  async #identify(): Promise<void> {
    const { errorCode, producerId, producerEpoch } = await this.#cluster.sendToAny("initProducerId", {
      transactionalId: null,
      transactionTimeoutMs: 2 ** 31 - 1,
    });
    throwIfError(errorCode);
    this.#identity = { id: producerId, epoch: producerEpoch };
  }

  async #sendReady(): Promise<void> {
    const byLeader = new Map<number, { lane: Lane; batch: PendingBatch }[]>();
    for (const lane of this.#lanes.values()) {
      const batch = this.#nextOf(lane);
      if (batch === undefined) continue;
      const leader = await this.#leaderOf(lane);
      if (leader === undefined) {
        this.#drainLater();
        continue;
      }
      if ((this.#inFlight.get(leader) ?? 0) >= inFlightMax) continue;
      batch.state = "ready";
      await this.#transactions?.add(lane.topic, lane.partition);
      batch.bytes ??= await this.#encode(lane, batch);
      const chosen = byLeader.get(leader) ?? [];
      byLeader.set(leader, [...chosen, { lane, batch }]);
    }
    for (const [leader, chosen] of byLeader) {
      for (const group of inRequests(chosen, this.#settings.requestSizeBytesMax)) void this.#sendTo(leader, group);
      this.#mustDrainAgain = true;
    }
  }

  /** The oldest batch that waits, when it may go out now. */
  #nextOf(lane: Lane): PendingBatch | undefined {
    const batch = lane.batches.find(({ state }) => state !== "inFlight");
    if (batch === undefined) return undefined;
    const { monotonicMs } = this.#cluster.ports.clock;
    const isDue =
      batch.state === "ready" ||
      this.#isFlushing ||
      this.#bufferedBytes > this.#settings.bufferBytesMax ||
      monotonicMs() - batch.createdMs >= this.#settings.lingerMs;
    if (!isDue) return undefined;
    const isUnderWay = lane.batches.some(({ state }) => state === "inFlight");
    // A retry waits until what was sent behind it has come back; so does a batch of a new producer id.
    const isRetry = batch.attempts > 0 || (this.#settings.isIdempotent && lane.producer !== this.#identity);
    return isRetry && isUnderWay ? undefined : batch;
  }

  async #leaderOf({ topic, partition }: Lane): Promise<number | undefined> {
    const known =
      this.#cluster.topic(topic) ??
      (await this.#cluster.refreshTopics([topic], false)).find(({ name }) => name === topic);
    const leader = known?.partitions[partition]?.leaderId ?? -1;
    if (leader >= 0) return leader;
    this.#cluster.forgetTopic(topic);
    return undefined;
  }

  async #encode(lane: Lane, batch: PendingBatch): Promise<Buffer> {
    const { records } = batch;
    let numbered = {};
    if (this.#identity !== undefined) {
      if (lane.producer !== this.#identity) {
        lane.producer = this.#identity;
        lane.nextSequence = 0;
      }
      numbered = {
        producerId: this.#identity.id,
        producerEpoch: this.#identity.epoch,
        baseSequence: lane.nextSequence,
        isTransactional: this.#transactions !== undefined,
      };
      lane.nextSequence += records.length;
    }
    const { compression, compressionLevel } = this.#settings;
    return compressBatch(buildBatch({ records, ...numbered }), compression, this.#compute, compressionLevel);
  }

  async #sendTo(leader: number, chosen: readonly { lane: Lane; batch: PendingBatch }[]): Promise<void> {
    for (const { batch } of chosen) batch.state = "inFlight";
    this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 0) + 1);
    try {
      const connection = await this.#cluster.connectionTo(leader);
      for (const { batch } of chosen) batch.attempts++;
      await this.#exchange(connection, chosen);
    } catch (error) {
      for (const { lane, batch } of chosen) this.#onFailure(lane, batch, error as Error);
    } finally {
      this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 1) - 1);
      this.#scheduleDrain();
    }
  }

  async #exchange(connection: Connection, chosen: readonly { lane: Lane; batch: PendingBatch }[]): Promise<void> {
    const { acks, requestTimeoutMs } = this.#settings;
    const topics = [...new Set(chosen.map(({ lane }) => lane.topic))];
    const request = {
      transactionalId: this.#transactions?.id ?? null,
      acks,
      timeoutMs: requestTimeoutMs,
      topicData: topics.map((name) => ({
        name,
        topicId: this.#cluster.topicIdOf(name),
        partitionData: chosen
          .filter(({ lane }) => lane.topic === name)
          .map(({ lane, batch }) => ({ index: lane.partition, records: batch.bytes ?? null })),
      })),
    };
    if (acks === 0) {
      connection.sendWithoutAnswer(request);
      for (const { lane, batch } of chosen) this.#finish(lane, batch, -1);
      return;
    }
    const answer = await connection.send("produce", request, requestTimeoutMs, this.#transactions?.produceVersionMax);
    for (const { lane, batch } of chosen) this.#onAnswer(lane, batch, answer);
  }

  #onAnswer(lane: Lane, batch: PendingBatch, answer: ApiResponse<"produce">): void {
    const id = this.#cluster.topicIdOf(lane.topic);
    const result = answer.responses
      .find(({ name, topicId }) => name === lane.topic || topicId === id)
      ?.partitionResponses.find(({ index }) => index === lane.partition);
    const code = result?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR;
    // A duplicate is there already: the first answer was lost.
    if (code === Errors.NONE || code === Errors.DUPLICATE_SEQUENCE_NUMBER)
      this.#finish(lane, batch, result?.baseOffset ?? -1);
    else this.#onFailure(lane, batch, refusal(code, result));
  }

  #onFailure(lane: Lane, batch: PendingBatch, error: Error): void {
    const code = error instanceof KafkaError ? error.code : Errors.NETWORK_EXCEPTION;
    const isFirst = lane.batches[0] === batch;
    // What was sent behind a batch that failed comes out of order, and goes again after it.
    const isBehindFailure = code === Errors.OUT_OF_ORDER_SEQUENCE_NUMBER && !isFirst;
    const isUnknown = code === Errors.UNKNOWN_PRODUCER_ID || code === Errors.OUT_OF_ORDER_SEQUENCE_NUMBER;
    const wasSent = batch.attempts > 0;
    const mayRetry =
      isTransient(error) ||
      isBehindFailure ||
      (isUnknown && this.#settings.isIdempotent && this.#transactions === undefined);
    if (!mayRetry || batch.attempts > this.#settings.retries) {
      this.#finish(lane, batch, -1, error);
      return;
    }
    if (wasSent && !isBehindFailure) {
      this.#cluster.warn(
        sender,
        `Got error produce response with correlation id ${batch.attempts} on topic-partition ${lane.topic}-${lane.partition}, retrying (${this.#settings.retries - batch.attempts} attempts left). Error: ${errorName(code)}`,
      );
    }
    if (isUnknown && !isBehindFailure) this.#identity = undefined;
    if (isUnknown && !isBehindFailure) for (const waiting of lane.batches) waiting.bytes = undefined;
    batch.state = "ready";
    this.#cluster.forgetTopic(lane.topic);
    this.#drainLater();
  }

  #finish(lane: Lane, batch: PendingBatch, baseOffset: number, error?: Error): void {
    lane.batches = lane.batches.filter((other) => other !== batch);
    if (error !== undefined) this.#transactions?.fail(error);
    // Sequence numbers must have no gap: after a batch that was given up, the next ones start anew.
    if (error !== undefined && this.#settings.isIdempotent) {
      this.#identity = undefined;
      for (const waiting of lane.batches) waiting.bytes = undefined;
    }
    for (const record of batch.records) this.#bufferedBytes -= sizeBoundOf(record);
    batch.settle(lane.partition, baseOffset, error);
    this.#changed();
  }

  #expire(): void {
    const { deliveryTimeoutMs } = this.#settings;
    const now = this.#cluster.ports.clock.monotonicMs();
    for (const lane of this.#lanes.values()) {
      for (const batch of lane.batches) {
        if (batch.state === "inFlight" || now - batch.createdMs < deliveryTimeoutMs) continue;
        const complaint = `Expiring ${batch.records.length} record(s) for ${lane.topic}-${lane.partition}:${deliveryTimeoutMs} ms has passed since batch creation`;
        this.#finish(lane, batch, -1, new TimeoutError(complaint));
      }
    }
  }

  #failAll(error: Error): void {
    for (const lane of this.#lanes.values()) for (const batch of lane.batches) this.#finish(lane, batch, -1, error);
  }

  /** Resolves at the next batch that is delivered or given up. */
  #change(): Promise<void> {
    this.#scheduleDrain();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #changed(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

type PartitionResult = ApiResponse<"produce">["responses"][number]["partitionResponses"][number];

function refusal(code: number, result: PartitionResult | undefined): KafkaError {
  const errors = result?.recordErrors ?? [];
  if (errors.length === 0) return new KafkaError(code, result?.errorMessage);
  const messages = errors.map(({ batchIndex, batchIndexErrorMessage }): [number, string] => [
    batchIndex,
    batchIndexErrorMessage ?? result?.errorMessage ?? new KafkaError(code).message,
  ]);
  return new BatchRefused(code, result?.errorMessage ?? null, new Map(messages));
}

/** Splits batches for one broker so that no request is too large. */
function* inRequests<T extends { batch: PendingBatch }>(chosen: readonly T[], sizeBytesMax: number): Generator<T[]> {
  let group: T[] = [];
  let sizeBytes = 0;
  for (const entry of chosen) {
    const size = entry.batch.bytes?.length ?? 0;
    if (group.length > 0 && sizeBytes + size > sizeBytesMax) {
      yield group;
      group = [];
      sizeBytes = 0;
    }
    group.push(entry);
    sizeBytes += size;
  }
  if (group.length > 0) yield group;
}
