import { Backoff } from "../../../io/backoff.ts";
import { type Compute } from "../../../io/ports.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { errorName, Errors } from "../../../protocol/errors.ts";
import { buildBatch, compressBatch } from "../../../protocol/records/batch-builder.ts";
import { type Cluster, isTransient } from "../cluster.ts";
import { type Connection } from "../connection.ts";
import { ClientError, throwIfError, TimeoutError } from "../kafka-error.ts";
import { type TopicInfo } from "../known-topics.ts";
import { DrainLoop } from "./drain-loop.ts";
import { partitionOfKey } from "./murmur2.ts";
import { batchOverheadBytes, type Delivered, sizeBoundOf, PendingBatch } from "./pending-batch.ts";
import { type Lane, type LaneBatch, Lanes, numbered } from "./lanes.ts";
import { failureOf } from "./batch-failure.ts";
import { inRequests, produceRequest, refusal, resultFor } from "./produce-request.ts";
import { ProducerMetadata } from "./producer-metadata.ts";
import { type OutgoingRecord, type ProducerSettings } from "./producer-settings.ts";
import { type ProducerIdentity, type ProducerTransactions } from "./producer-transactions.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { StickyPartition } from "./sticky-partition.ts";

/** Requests under way to one broker. */
const inFlightMax = 5;
const sender = "org.apache.kafka.clients.producer.internals.Sender";

/** Sends records in batches, each partition's in order, and again when a broker could not take them. */
export class Producer {
  readonly #cluster: Cluster;
  readonly #compute: Compute;
  readonly #settings: ProducerSettings;
  readonly #backoff: Backoff;
  readonly #metadata: ProducerMetadata;
  readonly #sticky: StickyPartition;
  readonly #buffer: RecordBuffer;
  readonly #lanes = new Lanes();
  readonly #inFlight = new Map<number, number>();
  readonly #drains: DrainLoop;
  readonly #transactions: ProducerTransactions | undefined;
  #identity: ProducerIdentity | undefined;
  /** Nothing waits for its batch to fill. */
  #isFlushing = false;

  /** @param transactions has all records sent in transactions */
  constructor(cluster: Cluster, compute: Compute, settings: ProducerSettings, transactions?: ProducerTransactions) {
    this.#cluster = cluster;
    this.#compute = compute;
    this.#settings = settings;
    this.#transactions = transactions;
    this.#buffer = new RecordBuffer(settings.bufferBytesMax);
    const { clock, timers, random } = cluster.ports;
    this.#backoff = new Backoff(random, cluster.options.retryBackoffMs, settings.retryBackoffMsMax);
    this.#metadata = new ProducerMetadata(cluster, this.#backoff);
    this.#sticky = new StickyPartition(random, settings.batchSizeBytes);
    this.#drains = new DrainLoop({
      clock,
      timers,
      drain: () => this.#drain(),
      onFailed: (error) => this.#onDrainFailed(error as Error),
    });
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
      const { maxBlockMs } = this.#settings;
      const topic = this.#metadata.topic(topicName) ?? (await this.#metadata.findTopic(topicName, maxBlockMs));
      while (this.#buffer.isFull) await this.#change();
      this.#queue(topic, record, sizeBytes, delivered);
    } catch (error) {
      delivered(error as Error);
    }
  }

  /** Sends what is queued and waits until all of it is delivered or given up. */
  async flush(): Promise<void> {
    this.#isFlushing = true;
    this.#drains.runSoon();
    while (!this.#buffer.isEmpty) await this.#change();
    this.#isFlushing = false;
  }

  /** Flushes; nothing may be appended afterwards. */
  close(): Promise<void> {
    return this.flush();
  }

  #queue(topic: TopicInfo, record: OutgoingRecord, sizeBytes: number, delivered: Delivered): void {
    const { key } = record;
    const partition = key === null ? this.#sticky.next(topic, sizeBytes) : partitionOfKey(key, topic.partitions.length);
    const lane = this.#lanes.of(topic.name, partition);
    let batch = lane.batches.at(-1);
    if (batch?.state !== "open" || batch.sizeBytes + sizeBytes > this.#settings.batchSizeBytes) {
      if (batch?.state === "open") {
        batch.state = "ready";
        this.#drains.runSoon();
      }
      batch = new PendingBatch(this.#cluster.ports.clock.monotonicMs());
      lane.batches.push(batch);
      const { lingerMs } = this.#settings;
      if (lingerMs > 0) this.#cluster.ports.timers.after(lingerMs, () => this.#drains.runSoon());
      else this.#drains.runSoon();
    }
    batch.add({ ...record, timestamp: record.timestamp ?? this.#cluster.ports.clock.wallMs() }, sizeBytes, delivered);
    this.#buffer.add(sizeBytes);
  }

  async #drain(): Promise<void> {
    this.#expire();
    if (this.#transactions !== undefined) this.#identity = this.#transactions.identity;
    else if (this.#settings.isIdempotent && this.#identity === undefined && this.#lanes.hasWork) await this.#identify();
    await this.#sendReady();
  }

  #onDrainFailed(error: Error): void {
    if (isTransient(error)) this.#drains.runIn(this.#cluster.options.retryBackoffMs);
    else this.#failAll(error);
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
    const byLeader = new Map<number, LaneBatch[]>();
    for (const lane of this.#lanes.all()) {
      const batch = this.#nextOf(lane);
      if (batch === undefined) continue;
      const leader = await this.#metadata.leaderOf(lane.topic, lane.partition);
      if (leader === undefined) {
        this.#wait(batch, this.#metadata.askAgainAtMs(lane.topic));
        continue;
      }
      // Another leader may take what this one could not.
      if (leader === batch.leader && this.#cluster.ports.clock.monotonicMs() < batch.retryAtMs) {
        this.#wait(batch, batch.retryAtMs);
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
      this.#drains.runAgain();
    }
  }

  /** Looks at a batch again at a moment, or when its time is up. */
  #wait(batch: PendingBatch, atMs: number): void {
    const endMs = batch.createdMs + this.#settings.deliveryTimeoutMs;
    this.#drains.runIn(Math.max(1, Math.min(atMs, endMs) - this.#cluster.ports.clock.monotonicMs()));
  }

  /** The oldest batch that waits, when it may go out now. */
  #nextOf(lane: Lane): PendingBatch | undefined {
    const batch = lane.batches.find(({ state }) => state !== "inFlight");
    if (batch === undefined) return undefined;
    const { monotonicMs } = this.#cluster.ports.clock;
    const isDue =
      batch.state === "ready" ||
      this.#isFlushing ||
      this.#buffer.isFull ||
      monotonicMs() - batch.createdMs >= this.#settings.lingerMs;
    if (!isDue) return undefined;
    const isUnderWay = lane.batches.some(({ state }) => state === "inFlight");
    // A retry waits until what was sent behind it has come back; so does a batch of a new producer id.
    const isRetry = batch.attempts > 0 || (this.#settings.isIdempotent && lane.producer !== this.#identity);
    return isRetry && isUnderWay ? undefined : batch;
  }

  #encode(lane: Lane, batch: PendingBatch): Promise<Buffer> {
    const { compression, compressionLevel } = this.#settings;
    const draft = {
      records: batch.records,
      ...numbered(lane, batch.records.length, this.#identity, this.#transactions !== undefined),
    };
    return compressBatch(buildBatch(draft), compression, this.#compute, compressionLevel);
  }

  async #sendTo(leader: number, chosen: readonly LaneBatch[]): Promise<void> {
    for (const { batch } of chosen) batch.sendTo(leader);
    this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 0) + 1);
    try {
      const connection = await this.#cluster.connectionTo(leader);
      for (const { batch } of chosen) batch.attempts++;
      await this.#exchange(connection, chosen);
    } catch (error) {
      for (const { lane, batch } of chosen) this.#onFailure(lane, batch, error as Error);
    } finally {
      this.#inFlight.set(leader, (this.#inFlight.get(leader) ?? 1) - 1);
      this.#drains.runSoon();
    }
  }

  async #exchange(connection: Connection, chosen: readonly LaneBatch[]): Promise<void> {
    const { acks, requestTimeoutMs } = this.#settings;
    const request = produceRequest(this.#cluster, chosen, {
      transactionalId: this.#transactions?.id ?? null,
      acks,
      timeoutMs: requestTimeoutMs,
    });
    if (acks === 0) {
      connection.sendWithoutAnswer(request);
      for (const { lane, batch } of chosen) this.#finish(lane, batch, -1);
      return;
    }
    const answer = await connection.send("produce", request, requestTimeoutMs, this.#transactions?.produceVersionMax);
    for (const { lane, batch } of chosen) this.#onAnswer(lane, batch, answer);
  }

  #onAnswer(lane: Lane, batch: PendingBatch, answer: ApiResponse<"produce">): void {
    const result = resultFor(this.#cluster, lane, answer);
    const code = result?.errorCode ?? Errors.UNKNOWN_SERVER_ERROR;
    // A duplicate is there already: the first answer was lost.
    if (code === Errors.NONE || code === Errors.DUPLICATE_SEQUENCE_NUMBER)
      this.#finish(lane, batch, result?.baseOffset ?? -1);
    else this.#onFailure(lane, batch, refusal(code, result));
  }

  #onFailure(lane: Lane, batch: PendingBatch, error: Error): void {
    const { code, mayRetry, isBehindFailure, isUnknown } = failureOf(error, {
      isFirst: lane.batches[0] === batch,
      isIdempotent: this.#settings.isIdempotent,
      isTransactional: this.#transactions !== undefined,
    });
    if (!mayRetry || batch.attempts > this.#settings.retries) {
      this.#finish(lane, batch, -1, error);
      return;
    }
    if (batch.attempts > 0 && !isBehindFailure) {
      this.#cluster.warn(
        sender,
        `Got error produce response with correlation id ${batch.attempts} on topic-partition ${lane.topic}-${lane.partition}, retrying (${this.#settings.retries - batch.attempts} attempts left). Error: ${errorName(code)}`,
      );
    }
    if (isUnknown) {
      this.#identity = undefined;
      for (const waiting of lane.batches) waiting.bytes = undefined;
    }
    batch.retryLater(this.#backoff, this.#cluster.ports.clock.monotonicMs());
    this.#metadata.suspect(lane.topic);
    this.#drains.runSoon();
  }

  #finish(lane: Lane, batch: PendingBatch, baseOffset: number, error?: Error): void {
    // Its answer may come when it was given up already.
    if (!lane.batches.includes(batch)) return;
    lane.batches = lane.batches.filter((other) => other !== batch);
    if (error !== undefined) this.#transactions?.fail(error);
    // Sequence numbers must have no gap: after a batch that was given up, the next ones start anew.
    if (error !== undefined && this.#settings.isIdempotent) {
      this.#identity = undefined;
      for (const waiting of lane.batches) waiting.bytes = undefined;
    }
    batch.settle(lane.partition, baseOffset, error);
    this.#buffer.release(batch.records.reduce((sum, record) => sum + sizeBoundOf(record), 0));
  }

  #expire(): void {
    const { deliveryTimeoutMs } = this.#settings;
    const now = this.#cluster.ports.clock.monotonicMs();
    for (const lane of this.#lanes.all()) {
      for (const batch of lane.batches) {
        if (batch.state === "inFlight" || now - batch.createdMs < deliveryTimeoutMs) continue;
        const complaint = `Expiring ${batch.records.length} record(s) for ${lane.topic}-${lane.partition}:${deliveryTimeoutMs} ms has passed since batch creation`;
        this.#finish(lane, batch, -1, new TimeoutError(complaint));
      }
    }
  }

  #failAll(error: Error): void {
    for (const lane of this.#lanes.all()) for (const batch of lane.batches) this.#finish(lane, batch, -1, error);
  }

  /** Resolves at the next batch that is delivered or given up. */
  #change(): Promise<void> {
    this.#drains.runSoon();
    return this.#buffer.change();
  }
}
