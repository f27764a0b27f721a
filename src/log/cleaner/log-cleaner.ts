import { InvariantError } from "../../base/assert.ts";
import { type Offset } from "../../base/brand.ts";
import {
  type Clock,
  DiskError,
  type Logger,
  type Random,
  type TimerHandle,
  type Timers,
  type Workers,
} from "../../io/ports.ts";
import { type Log } from "../log.ts";
import { type RemoveLater } from "../removal.ts";
import { type CleanInput } from "./clean-input.ts";
import { type Cleanable, cleanableOf, isDue } from "./cleanable.ts";
import { type CleanerConfig } from "./cleaner-config.ts";
import { CleanerMetrics } from "./cleaner-metrics.ts";
import { LogCleaning } from "./log-cleaning.ts";
import { entriesMax } from "./offset-map.ts";

export interface LogCleanerOptions {
  readonly config: CleanerConfig;
  /** Those that are in use; asked anew each time. */
  readonly logs: () => Iterable<Log>;
  readonly removeLater: RemoveLater;
  /** Writes down durably that recovery has no need to look before `offset`; false when it does not come to that. */
  readonly writeRecoveryPoint: (log: Log, offset: Offset) => Promise<boolean>;
  /** A log was cleaned: where it is clean up to has to be written down. */
  readonly onCleaned: (log: Log) => void;
  /** Applies retention to a compacted log. */
  readonly deleteOldSegments: (log: Log) => void;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly workers: Workers;
  readonly logger: Logger;
}

const hashKeyBytes = 16;
/** So long a swap waits before it looks for descriptors again. */
const restMs = 1_000;

/**
 * Compacts the logs whose topics ask for that, the dirtiest first: of the records of one key the newest stays. Retention of
 * these logs is its work too, so that nobody deletes segments of a log that is being cleaned.
 */
export class LogCleaner {
  readonly metrics: CleanerMetrics;
  readonly #options: LogCleanerOptions;
  readonly #running = new Map<Log, { readonly cleaning: LogCleaning; readonly ended: Promise<unknown> }>();
  /** Logs that cannot be cleaned: they are left alone until the broker starts anew. */
  readonly #uncleanable = new Set<Log>();
  /** Logs whose round lacked descriptors or memory are left alone until then, on the monotonic clock. */
  readonly #resting = new Map<Log, number>();
  /** How many rounds share what reading and writing is bounded by; where the threads of all rounds see it. */
  readonly #sharers = new Int32Array(new SharedArrayBuffer(4));
  #config: CleanerConfig;
  #timer: TimerHandle | undefined;
  /** When retention was applied last, on the monotonic clock. */
  #retentionMs = -Infinity;
  #isStarted = false;
  #isClosed = false;

  constructor(options: LogCleanerOptions) {
    this.#options = options;
    this.#config = options.config;
    this.metrics = new CleanerMetrics(options.clock.wallMs());
  }

  start(): void {
    this.#isStarted = true;
    this.#options.timers.endOfTurn(() => this.#pass());
  }

  /** Takes new values of the dynamic keys; what is being cleaned is begun anew with them. */
  reconfigure(config: CleanerConfig): void {
    this.#config = config;
    for (const { cleaning } of this.#running.values()) cleaning.abort();
    if (this.#isStarted) this.#pass();
  }

  /** Ends what is under way; resolves when no thread works on a log any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const { cleaning } of this.#running.values()) cleaning.abort();
    await Promise.all(Array.from(this.#running.values(), ({ ended }) => ended));
  }

  /** How many logs are being cleaned. */
  get running(): number {
    return this.#running.size;
  }

  isUncleanable(log: Log): boolean {
    return this.#uncleanable.has(log);
  }

  /** Begins rounds as long as there are threads and logs for them, does what retention asks for, and rests. */
  #pass(): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    const logs = [...this.#options.logs()].filter(({ config, storage }) => config.isCompacted && storage.isUsable);
    // One whose topic is not compacted for a while has not got better.
    for (const log of this.#uncleanable) if (!log.storage.isUsable) this.#uncleanable.delete(log);
    while (this.#running.size < this.#config.threads) {
      const filthiest = this.#filthiest(logs);
      if (filthiest === undefined) break;
      this.#begin(filthiest);
    }
    this.#applyRetention(logs);
    this.metrics.uncleanableLogs = this.#uncleanable.size;
    this.#timer = this.#options.timers.after(this.#config.backoffMs, () => this.#pass());
  }

  /** Not after each of many short rounds: a log that was cleaned had its turn right then. */
  #applyRetention(logs: readonly Log[]): void {
    const nowMs = this.#options.clock.monotonicMs();
    if (nowMs - this.#retentionMs < this.#config.backoffMs) return;
    this.#retentionMs = nowMs;
    for (const log of logs) {
      if (!this.#running.has(log) && !this.#uncleanable.has(log)) this.#options.deleteOldSegments(log);
    }
  }

  #filthiest(logs: readonly Log[]): Cleanable | undefined {
    const { clock } = this.#options;
    const nowMs = clock.wallMs();
    const monotonicMs = clock.monotonicMs();
    for (const [log, untilMs] of this.#resting) if (untilMs <= monotonicMs) this.#resting.delete(log);
    const { metrics } = this;
    metrics.lastRunMs = nowMs;
    metrics.dirtiestRatio = 0;
    metrics.delayMsMax = 0;
    let filthiest: Cleanable | undefined;
    for (const log of logs) {
      if (this.#running.has(log) || this.#uncleanable.has(log) || this.#resting.has(log)) continue;
      // Most of many logs have an active segment only, which is never cleaned.
      if (log.storage.segments.count === 1) continue;
      const cleanable = this.#measure(log, nowMs);
      if (cleanable === undefined || cleanable.totalBytes === 0) continue;
      metrics.dirtiestRatio = Math.max(metrics.dirtiestRatio, cleanable.ratio);
      metrics.delayMsMax = Math.max(metrics.delayMsMax, cleanable.delayMs);
      if (isDue(cleanable) && (filthiest === undefined || cleanable.ratio > filthiest.ratio)) filthiest = cleanable;
    }
    return filthiest;
  }

  #measure(log: Log, nowMs: number): Cleanable | undefined {
    try {
      return cleanableOf(log, nowMs);
    } catch (error) {
      this.#onFailed(log, error);
      return undefined;
    }
  }

  #begin(cleanable: Cleanable): void {
    const { log } = cleanable;
    const cleaning = new LogCleaning(log.storage, this.#options.removeLater, {
      rest: () => new Promise((resolve) => this.#options.timers.after(restMs, resolve)),
      isClosed: () => this.#isClosed,
    });
    const ended = this.#run(cleanable, cleaning).finally(() => {
      this.#running.delete(log);
      Atomics.store(this.#sharers, 0, this.#running.size);
      if (!this.#isClosed && log.storage.isUsable) this.#options.deleteOldSegments(log);
      this.#pass();
    });
    this.#running.set(log, { cleaning, ended });
    Atomics.store(this.#sharers, 0, this.#running.size);
  }

  async #run(cleanable: Cleanable, cleaning: LogCleaning): Promise<void> {
    const { clock, workers, logger, onCleaned } = this.#options;
    const { log, firstDirtyOffset } = cleanable;
    const startMs = clock.monotonicMs();
    try {
      const result = await cleaning.run(workers, this.#inputFor(cleanable), () =>
        this.#makeDurable(cleanable, cleaning),
      );
      if (result === undefined) return;
      const { cleanedOffset, counts } = result;
      const durationMs = clock.monotonicMs() - startMs;
      this.metrics.add(counts, durationMs);
      logger.info({ log: log.name, firstDirtyOffset, cleanedOffset, durationMs, ...counts }, "Cleaned the log");
      onCleaned(log);
    } catch (error) {
      this.#onFailed(log, error);
    }
  }

  /**
   * What compaction takes away between segments must not look like what a loss of power took away: recovery looks for such
   * holes behind the recovery point alone.
   */
  async #makeDurable({ log, endOffset }: Cleanable, cleaning: LogCleaning): Promise<void> {
    if (log.recoveryPoint < endOffset) await log.flush();
    if (await this.#options.writeRecoveryPoint(log, endOffset)) return;
    // The directory has failed, or the system is short of what that needs, which the log is not to blame for.
    cleaning.abort();
    this.#rest(log);
  }

  #rest(log: Log): void {
    this.#resting.set(log, this.#options.clock.monotonicMs() + this.#config.backoffMs);
  }

  /** A disk that fails takes its directory along; with any other failure the log is at fault and the others go on. */
  #onFailed(log: Log, error: unknown): void {
    if (error instanceof DiskError) {
      log.storage.refuse(error);
      // The next round would ask for the same at once, and it is the filthiest still.
      if (log.storage.isUsable) this.#rest(log);
      return;
    }
    // A task's bug is the log's matter; what is broken here concerns all logs.
    if (error instanceof InvariantError) throw error;
    this.#uncleanable.add(log);
    this.#options.logger.warn(
      { error, log: log.name },
      "The log cannot be cleaned: it is left as it is until a restart",
    );
  }

  #inputFor({ log, firstDirtyOffset, endOffset }: Cleanable): CleanInput {
    const { clock, random } = this.#options;
    const { threads, dedupeBufferBytes, dedupeBufferLoadFactor, ioBufferBytes, ioBytesPerSecondMax } = this.#config;
    const { config, storage, producerState } = log;
    const { active } = storage.segments;
    const producers: [number, number, number][] = [];
    for (const { producerId, lastDataOffset, producerEpoch } of producerState.entries()) {
      if (lastDataOffset < endOffset) producers.push([producerId, lastDataOffset, producerEpoch]);
    }
    return {
      directory: storage.directory.path,
      segments: log.segmentSizes().filter(({ baseOffset }) => baseOffset < active.baseOffset),
      firstDirtyOffset,
      endOffset,
      abortedTransactions: Array.from({ length: active.indexes.transactions.count }, (_, slot) =>
        active.indexes.transactions.at(slot),
      ),
      producers,
      nowMs: clock.wallMs(),
      deleteRetentionMs: config.deleteRetentionMs,
      segmentBytesMax: config.segmentBytes,
      indexBytesMax: config.segmentIndexBytes,
      indexIntervalBytes: config.indexIntervalBytes,
      mapEntriesMax: Math.max(
        1,
        entriesMax(Math.min(dedupeBufferBytes / threads, bufferBytesMax), dedupeBufferLoadFactor),
      ),
      mapLoadFactor: dedupeBufferLoadFactor,
      ioBufferBytes: Math.floor(ioBufferBytes / threads / 2),
      bytesPerSecondMax: ioBytesPerSecondMax,
      sharers: this.#sharers,
      hashKey: random.bytes(hashKeyBytes),
    };
  }
}

/** As in Kafka, of one thread. */
const bufferBytesMax = 2_147_483_647;
