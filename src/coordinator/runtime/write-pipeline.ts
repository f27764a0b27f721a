import { type Offset } from "../../base/brand.ts";
import { type Clock, CodecUnavailable, type CompressionName, type Compute, type Timers } from "../../io/ports.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { buildBatch, compressBatch, type RecordDraft } from "../../protocol/records/batch-builder.ts";
import { batchHeaderSizeBytes } from "../../protocol/records/batch-header.ts";
import {
  type CoordinatorPartition,
  type PartitionWriter,
  type PreparedBatch,
  type TransactionAppend,
} from "./partition-log.ts";
import { type Reply } from "./ticket.ts";
import { recordSizeBytesMax, WriteBatch, type BatchProducer } from "./write-batch.ts";

export interface PipelineOptions {
  readonly writer: PartitionWriter;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly compute: Compute;
  /** Of the batches as the coordinator makes them; the topic may want them compressed in another way. */
  readonly compression: CompressionName | "none";
  /** Of batches without a producer; 0 when it is not given. */
  readonly baseSequence?: number;
  /** How long a batch gathers turns, unless it is full before; none or -1: until the event loop has nothing else to do. */
  readonly lingerMs?: number;
  /**
   * How long a reply waits for its records to be committed, from when they are in the log: as in Kafka, what an operation
   * waits for its turn does not count.
   */
  readonly writeTimeoutMs: number;
}

export interface PipelineEvents {
  /** All turns up to `mark` are in the log for good; their replies are sent next. */
  onCommitted(mark: number): void;
  /** The turns from `mark` on are not in the log, and what follows them never will be. */
  onLost(mark: number, replies: readonly Reply[], error: ErrorCode): void;
  /** A batch could not be made into what its topic wants, for no reason that the log knows. It is lost next. */
  onNotPrepared(error: unknown): void;
  /** What the log holds is not what was written. */
  onDiverged(reason: string): void;
}

/** The batch of a transaction's turn. */
export interface TransactionWrite {
  readonly records: readonly RecordDraft[];
  readonly mark: number;
  readonly producer: BatchProducer;
  readonly transaction: TransactionAppend;
  /**
   * Hears what the log says, as soon as it does; when it refuses the batch nothing has happened. Hears nothing when what was
   * written before is lost: the turn was taken back with that.
   */
  readonly onOutcome: (error: ErrorCode) => void;
}

/**
 * The way of a shard's records into its partition, in order:
 *
 * ```
 * turns ─► queue ──(end of the loop's turn)──► preparing ─► in flight ──(high watermark)──► replies
 *          the last batch still gathers        one at a time
 *                                                   ▲
 * turn of a transaction, marker ────────────────────┘ when all that was queued is in flight
 * ```
 * Preparing is to compress a batch as the coordinator and its topic want it; where neither does, it takes no time.
 *
 * Whether a transaction may write is only known when it does: the log refuses what is fenced. A refusal takes nothing back but
 * that turn, so nothing may be added before the log has spoken (`ShardGate`).
 */
export class WritePipeline {
  readonly #partition: CoordinatorPartition;
  readonly #options: PipelineOptions;
  readonly #events: PipelineEvents;
  #nextOffset: Offset;
  #queue: WriteBatch[] = [];
  #preparing: WriteBatch | undefined;
  /** Resolves when the batch that is being prepared has been appended, or is lost. */
  #prepared: Promise<void> = Promise.resolve();
  #inFlight: WriteBatch[] = [];
  #isFlushScheduled = false;
  /** The batch that waits for more turns. */
  #lingering: WriteBatch | undefined;
  #isWatching = false;
  #isClosed = false;

  constructor(partition: CoordinatorPartition, nextOffset: Offset, options: PipelineOptions, events: PipelineEvents) {
    this.#partition = partition;
    this.#nextOffset = nextOffset;
    this.#options = options;
    this.#events = events;
  }

  /** What the next record will get. */
  get nextOffset(): Offset {
    return this.#nextOffset;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Takes the records of one turn. `units` are written each in one batch; false, and nothing is taken, when one of them is
   * larger than a batch may be. Where batches are compressed, only the log can tell.
   */
  add(units: readonly (readonly RecordDraft[])[], mark: number): boolean {
    const batchBytesMax = this.#options.writer.batchSizeBytesMax(this.#partition);
    const sizeBytesMax = batchBytesMax - batchHeaderSizeBytes;
    const sizes = units.map(sizeBytesOf);
    const isTooLarge = (records: readonly RecordDraft[], index: number): boolean =>
      sizes[index]! > sizeBytesMax && buildBatch({ records }).length > batchBytesMax;
    if (this.#options.compression === "none" && units.some(isTooLarge)) return false;
    for (const [index, unit] of units.entries()) {
      let batch = this.#queue.at(-1);
      if (batch === undefined || batch.recordsSizeBytes + sizes[index]! > sizeBytesMax) {
        batch = new WriteBatch(this.#nextOffset, mark);
        this.#queue.push(batch);
      }
      for (const record of unit) batch.add(record);
      this.#nextOffset = batch.endOffset;
    }
    this.#scheduleFlush();
    return true;
  }

  /** Something is not appended yet. */
  get hasWaiting(): boolean {
    return this.#preparing !== undefined || this.#queue.length > 0;
  }

  /** Begins to append what waits; until nothing does, the caller may not append with `appendNow`. */
  async flushNow(): Promise<void> {
    this.#flush();
    if (this.#preparing !== undefined) await this.#prepared;
  }

  /** Appends the batch of a transaction when nothing waits; nothing may be added meanwhile. */
  async appendNow({ records, mark, producer, transaction, onOutcome }: TransactionWrite): Promise<void> {
    const batch = new WriteBatch(this.#nextOffset, mark, producer);
    for (const record of records) batch.add(record);
    this.#preparing = batch;
    const prepared = await this.#prepare(batch);
    if (this.#preparing !== batch) return;
    this.#preparing = undefined;
    const error = prepared.ok ? this.#appendToLog(batch, prepared.records, transaction) : prepared.error;
    if (error === Errors.NONE) this.#nextOffset = batch.endOffset;
    onOutcome(error);
  }

  /** The turn of `mark` and its replies wait for all records so far; false when there is nothing to wait for. */
  attach(replies: readonly Reply[], mark: number): boolean {
    const last = this.#queue.at(-1) ?? this.#preparing ?? this.#inFlight.at(-1);
    if (last === undefined) return false;
    last.lastMark = mark;
    for (const reply of replies) last.replies.push(reply);
    return true;
  }

  /** Forgets all that is under way; its replies are not sent. */
  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#preparing = undefined;
    this.#inFlight = [];
  }

  #scheduleFlush(): void {
    const { timers, lingerMs = -1 } = this.#options;
    if (lingerMs <= 0 || this.#queue.length > 1) {
      if (this.#isFlushScheduled) return;
      this.#isFlushScheduled = true;
      timers.endOfTurn(() => {
        this.#isFlushScheduled = false;
        this.#flush();
      });
    } else if (this.#lingering !== this.#queue[0]) {
      const lingering = this.#queue[0];
      this.#lingering = lingering;
      timers.after(lingerMs, () => {
        if (this.#queue[0] === lingering) this.#flush();
      });
    }
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#preparing === undefined) {
      const batch = this.#queue.shift()!;
      const prepared = this.#prepare(batch);
      if (prepared instanceof Promise) this.#prepared = this.#appendPrepared(batch, prepared);
      else this.#append(batch, prepared);
    }
  }

  async #appendPrepared(batch: WriteBatch, preparing: Promise<PreparedBatch>): Promise<void> {
    this.#preparing = batch;
    const prepared = await preparing;
    if (this.#preparing !== batch) return;
    this.#preparing = undefined;
    this.#append(batch, prepared);
    this.#flush();
  }

  /** The batch as it goes to the log. */
  #prepare(batch: WriteBatch): PreparedBatch | Promise<PreparedBatch> {
    const { writer, compression, baseSequence = 0 } = this.#options;
    const records = batch.toBuffer(baseSequence);
    const preparing =
      compression === "none" || batch.isMarker
        ? writer.prepare(this.#partition, records)
        : this.#compress(records, compression);
    return preparing?.catch((error: unknown) => this.#refuse(error)) ?? { ok: true, records };
  }

  /** As Kafka's coordinators, which fail the batch with whatever is thrown and go on. */
  #refuse(error: unknown): PreparedBatch {
    // A topic may be told to use a codec that this installation lacks, and told otherwise again.
    if (!(error instanceof CodecUnavailable)) this.#events.onNotPrepared(error);
    return { ok: false, error: Errors.UNKNOWN_SERVER_ERROR };
  }

  async #compress(plain: Buffer, compression: CompressionName): Promise<PreparedBatch> {
    const records = await compressBatch(plain, compression, this.#options.compute);
    return (await this.#options.writer.prepare(this.#partition, records)) ?? { ok: true, records };
  }

  /** Appends a batch that turns have gathered; when that fails, it and all behind it are lost. */
  #append(batch: WriteBatch, prepared: PreparedBatch): void {
    const error = prepared.ok ? this.#appendToLog(batch, prepared.records) : prepared.error;
    if (error !== Errors.NONE) this.#onNotWritten(batch, error);
  }

  #appendToLog(batch: WriteBatch, bytes: Buffer, transaction?: TransactionAppend): ErrorCode {
    const outcome = this.#options.writer.append(this.#partition, bytes, transaction);
    if (!outcome.ok) return outcome.error;
    batch.appendedAtMs = this.#options.clock.monotonicMs();
    this.#inFlight.push(batch);
    this.#watch(this.#options.writeTimeoutMs);
    if (outcome.baseOffset === batch.baseOffset) void this.#whenCommitted(batch, outcome.committed);
    else void this.#diverge(`a batch for offset ${batch.baseOffset} was written at ${outcome.baseOffset}`);
    return Errors.NONE;
  }

  async #whenCommitted(batch: WriteBatch, committed: Promise<ErrorCode>): Promise<void> {
    const error = await committed;
    if (!this.#inFlight.includes(batch)) return;
    if (error === Errors.NONE) {
      this.#onCommitted(batch);
    } else if (this.#inFlight.at(-1) === batch) {
      this.#inFlight.pop();
      this.#onNotWritten(batch, error);
    } else {
      this.#events.onDiverged(`the batch for offset ${batch.baseOffset} is missing, with others behind it`);
    }
  }

  /** Not within the turn that finds it out, which goes on with this pipeline. */
  async #diverge(reason: string): Promise<void> {
    await Promise.resolve();
    if (!this.#isClosed) this.#events.onDiverged(reason);
  }

  #onCommitted(batch: WriteBatch): void {
    batch.isCommitted = true;
    while (this.#inFlight[0]?.isCommitted === true) {
      const { lastMark, replies } = this.#inFlight.shift()!;
      this.#events.onCommitted(lastMark);
      for (const reply of replies) reply.send();
    }
  }

  #onNotWritten(batch: WriteBatch, error: ErrorCode): void {
    const behind = this.#preparing === undefined ? this.#queue : [this.#preparing, ...this.#queue];
    this.#preparing = undefined;
    this.#queue = [];
    this.#nextOffset = batch.baseOffset;
    const replies = [batch, ...behind].flatMap((lost) => lost.replies);
    this.#events.onLost(batch.firstMark, replies, error);
  }

  /** Fails replies that wait too long; the records may be committed later all the same. */
  #watch(delayMs: number): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, timers, writeTimeoutMs } = this.#options;
    timers.after(delayMs, () => {
      this.#isWatching = false;
      if (this.#isClosed) return;
      const overdueMs = clock.monotonicMs() - writeTimeoutMs;
      for (const batch of this.#inFlight) if (batch.appendedAtMs <= overdueMs) batch.fail(Errors.REQUEST_TIMED_OUT);
      const next = this.#inFlight.find((batch) => batch.appendedAtMs > overdueMs);
      if (next !== undefined) this.#watch(next.appendedAtMs - overdueMs);
      else if (this.#inFlight.length > 0) this.#watch(writeTimeoutMs);
    });
  }
}

/** At most. */
function sizeBytesOf(records: readonly RecordDraft[]): number {
  let sizeBytes = 0;
  for (const record of records) sizeBytes += recordSizeBytesMax(record);
  return sizeBytes;
}
