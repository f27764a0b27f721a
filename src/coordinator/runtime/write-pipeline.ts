import { type Offset } from "../../base/brand.ts";
import { type Clock, type CompressionName, type Compute, type Timers } from "../../io/ports.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { compressBatch, type RecordDraft } from "../../protocol/records/batch-builder.ts";
import { batchHeaderSizeBytes } from "../../protocol/records/batch-header.ts";
import { type CoordinatorPartition, type PartitionWriter, type TransactionAppend } from "./partition-log.ts";
import { type Reply } from "./ticket.ts";
import { recordSizeBytesMax, WriteBatch, type BatchProducer } from "./write-batch.ts";

export interface PipelineOptions {
  readonly writer: PartitionWriter;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly compute: Compute;
  readonly compression: CompressionName | "none";
  /** Of batches without a producer; 0 when it is not given. */
  readonly baseSequence?: number;
  /** How long a batch gathers turns, unless it is full before; none or -1: until the event loop has nothing else to do. */
  readonly lingerMs?: number;
  /** How long a reply waits for its records to be committed. */
  readonly writeTimeoutMs: number;
}

export interface PipelineEvents {
  /** All turns up to `mark` are in the log for good; their replies are sent next. */
  onCommitted(mark: number): void;
  /** The turns from `mark` on are not in the log, and what follows them never will be. */
  onLost(mark: number, replies: readonly Reply[], error: ErrorCode): void;
  /** What the log holds is not what was written. */
  onDiverged(reason: string): void;
}

/**
 * The way of a shard's records into its partition, in order:
 *
 * ```
 * turns ─► queue ──(end of the loop's turn)──► compressing ─► in flight ──(high watermark)──► replies
 *          the last batch still gathers        one at a time
 *                                                    ▲
 * turn of a transaction, marker ── what is queued ───┘ goes first, uncompressed; then the batch itself, in the same stretch
 * ```
 * Whether a transaction may write is only known when it does: the log refuses what is fenced. So such a turn is appended at
 * once, and a refusal takes nothing back but the turn itself.
 */
export class WritePipeline {
  readonly #partition: CoordinatorPartition;
  readonly #options: PipelineOptions;
  readonly #events: PipelineEvents;
  #nextOffset: Offset;
  #queue: WriteBatch[] = [];
  #compressing: WriteBatch | undefined;
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

  /**
   * Takes the records of one turn. `units` are written each in one batch; false, and nothing is taken, when one of them is
   * larger than a batch may be. Where batches are compressed, only the log can tell.
   */
  add(units: readonly (readonly RecordDraft[])[], mark: number): boolean {
    const sizeBytesMax = this.#sizeBytesMax();
    const sizes = units.map(sizeBytesOf);
    const isCompressed = this.#options.compression !== "none";
    if (!isCompressed && sizes.some((sizeBytes) => sizeBytes > sizeBytesMax)) return false;
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

  /**
   * Appends what waits, as it is, so that the next thing in the log is what the caller appends with `appendNow`. Compression
   * that is under way is given up: it would keep the caller waiting.
   */
  flushNow(): void {
    const compressing = this.#compressing;
    this.#compressing = undefined;
    if (compressing !== undefined && !this.#append(compressing, compressing.toBuffer(this.#options.baseSequence ?? 0)))
      return;
    while (this.#queue.length > 0) {
      const batch = this.#queue.shift()!;
      if (!this.#append(batch, batch.toBuffer(this.#options.baseSequence ?? 0))) return;
    }
  }

  /** Appends one batch of a transaction, after `flushNow`. When it is refused nothing has happened. */
  appendNow(
    records: readonly RecordDraft[],
    mark: number,
    producer: BatchProducer,
    transaction: TransactionAppend,
  ): ErrorCode {
    if (sizeBytesOf(records) > this.#sizeBytesMax()) return Errors.RECORD_LIST_TOO_LARGE;
    const batch = new WriteBatch(this.#nextOffset, mark, producer);
    for (const record of records) batch.add(record);
    const error = this.#appendToLog(batch, batch.toBuffer(this.#options.baseSequence ?? 0), transaction);
    if (error === Errors.NONE) this.#nextOffset = batch.endOffset;
    return error;
  }

  /** The turn of `mark` and its replies wait for all records so far; false when there is nothing to wait for. */
  attach(replies: readonly Reply[], mark: number): boolean {
    const last = this.#queue.at(-1) ?? this.#compressing ?? this.#inFlight.at(-1);
    if (last === undefined) return false;
    last.lastMark = mark;
    for (const reply of replies) last.replies.push(reply);
    return true;
  }

  /** Forgets all that is under way; its replies are not sent. */
  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    this.#compressing = undefined;
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

  #sizeBytesMax(): number {
    return this.#options.writer.batchSizeBytesMax(this.#partition) - batchHeaderSizeBytes;
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#compressing === undefined) {
      const batch = this.#queue.shift()!;
      const bytes = batch.toBuffer(this.#options.baseSequence ?? 0);
      if (this.#options.compression === "none") this.#append(batch, bytes);
      else void this.#compressAndAppend(batch, bytes, this.#options.compression);
    }
  }

  async #compressAndAppend(batch: WriteBatch, bytes: Buffer, compression: CompressionName): Promise<void> {
    this.#compressing = batch;
    const compressed = await compressBatch(bytes, compression, this.#options.compute);
    if (this.#compressing !== batch) return;
    this.#compressing = undefined;
    this.#append(batch, compressed);
    this.#flush();
  }

  /** Appends a batch that turns have gathered; when that fails, it and all behind it are lost. */
  #append(batch: WriteBatch, bytes: Buffer): boolean {
    const error = this.#appendToLog(batch, bytes);
    if (error !== Errors.NONE) this.#onNotWritten(batch, error);
    return error === Errors.NONE;
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
    const behind = this.#compressing === undefined ? this.#queue : [this.#compressing, ...this.#queue];
    this.#compressing = undefined;
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

function sizeBytesOf(records: readonly RecordDraft[]): number {
  let sizeBytes = 0;
  for (const record of records) sizeBytes += recordSizeBytesMax(record);
  return sizeBytes;
}
