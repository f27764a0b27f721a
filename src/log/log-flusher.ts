import { type Offset } from "../base/brand.ts";
import { DiskError } from "../io/ports.ts";
import { type LogStorage } from "./log-storage.ts";
import { producerSnapshotBytes } from "./producers/producer-snapshot.ts";

/** Limits of what a crash leaves to be read: see `tick`. */
const unflushedTicksMax = 60;
const idleTicksMin = 3;

/** Makes a log durable, and knows how much of it is. */
export class LogFlusher {
  readonly #storage: LogStorage;
  /** Hands what was appended before the call to the operating system; nobody is told of it. */
  readonly #handOver: () => Promise<void>;
  #recoveryPoint: Offset;
  /** Where the first segment starts that has ended and of which the indexes are not durable yet. */
  #indexesUnsavedFrom: Offset = Infinity;
  #lastFlushMs: number;
  #truncations = 0;
  /** The log's end when `tick` was called last, and for how many calls it has been there or has not been durable. */
  #endAtTick: Offset;
  #idleTicks = 0;
  #unflushedTicks = 0;
  /** What the flushes that have not ended yet make durable. */
  readonly #underWay = new Set<{ target: Offset }>();

  /** @param recoveryPoint what lies before it is durable */
  constructor(storage: LogStorage, recoveryPoint: Offset, handOver: () => Promise<void>) {
    this.#storage = storage;
    this.#handOver = handOver;
    this.#recoveryPoint = Math.min(recoveryPoint, storage.endOffset);
    this.#lastFlushMs = storage.clock.monotonicMs();
    this.#endAtTick = storage.endOffset;
  }

  /**
   * Where recovery has to start: it takes the segments that end before it, and their indexes, as they are. The active one
   * may end right where it is durable up to, with indexes that are not, and recovery has to come by it: within it this is
   * one lower than what is durable, always, so that recovery knows what it may rely on. Of a closed log, as in Kafka, it is
   * the end. A hole that is still to be cut is seen from before it only.
   */
  get recoveryPoint(): Offset {
    const { segments, holes, isClosed } = this.#storage;
    const durableOffset = this.#durableOffset;
    const isWithin = durableOffset > segments.active.baseOffset && !isClosed;
    return Math.min(isWithin ? durableOffset - 1 : durableOffset, holes[0]?.startOffset ?? Infinity);
  }

  /** What lies before it is durable. */
  get flushedOffset(): Offset {
    return this.#recoveryPoint;
  }

  get #durableOffset(): Offset {
    return Math.min(this.#recoveryPoint, this.#indexesUnsavedFrom);
  }

  onSegmentEnded(baseOffset: Offset): void {
    this.#indexesUnsavedFrom = Math.min(this.#indexesUnsavedFrom, baseOffset);
  }

  onTruncated(endOffset: Offset): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, endOffset);
    this.#truncations++;
    // What is appended in the place of what they are making durable is not in them.
    for (const flush of this.#underWay) flush.target = Math.min(flush.target, endOffset);
  }

  /** Makes everything appended before the call durable; resolves when it is. Rejects when the disk failed. */
  async flush(): Promise<void> {
    const storage = this.#storage;
    if (storage.isClosed) return;
    this.#demandOnline();
    const target = storage.endOffset;
    this.#lastFlushMs = storage.clock.monotonicMs();
    const from = this.#durableOffset;
    if (target <= from) return;
    const { active } = storage.segments;
    const { directory } = storage;
    const flush = { target };
    this.#underWay.add(flush);
    try {
      if (storage.writeBehind.sizeBytes > 0) {
        await this.#handOver();
        if (storage.isClosed) return;
        this.#demandOnline();
      }
      // Not those that came while the bytes were handed over: they are not asked for, and may lack theirs.
      const segments = storage.segments.from(from).filter(({ baseOffset }) => baseOffset < target);
      if (segments.some(({ baseOffset }) => baseOffset >= from)) directory.owe();
      for (const segment of segments) {
        if (!storage.segments.has(segment)) continue;
        if (await segment.flush(segment !== storage.segments.active)) directory.owe();
        // Its files may have another name now, or be gone; those of a volume that failed are not opened again.
        if (storage.isClosed) return;
        this.#demandOnline();
      }
      if (await storage.producerSnapshots.syncAllAsync(storage)) directory.owe();
      await storage.syncSmallFilesAsync();
      if (storage.isClosed) return;
      this.#demandOnline();
      if (directory.isBehind) await directory.syncAsync();
    } catch (thrown) {
      const error = DiskError.from(thrown);
      if (storage.isClosed) return;
      this.#onFailed(error);
      throw error;
    } finally {
      this.#underWay.delete(flush);
    }
    this.#demandOnline();
    this.#recoveryPoint = Math.max(this.#recoveryPoint, flush.target);
    // A segment that ended meanwhile waits for the next flush.
    this.#indexesUnsavedFrom = active === storage.segments.active ? Infinity : active.baseOffset;
  }

  /** Without a descriptor nothing was synced, and the next flush makes up for it; an fsync without memory has failed. */
  #onFailed(error: DiskError): void {
    this.#storage.directory.owe();
    if (error.code === "ENOMEM") this.#storage.fail(error);
    else this.#storage.refuse(error);
  }

  /** After an fsync that failed others may succeed and make nothing durable: none of them counts. */
  #demandOnline(): void {
    const { isOffline, name } = this.#storage;
    if (isOffline) throw new DiskError("EIO", `the disk of ${name} failed before`);
  }

  /**
   * As `flush`, and leaves behind what lets recovery begin at the point that was reached: the indexes, and the producers
   * as they were there. A failure of the disk does not reject it.
   */
  async advanceRecoveryPoint(): Promise<void> {
    const storage = this.#storage;
    if (!storage.isUsable) return;
    const offset = storage.endOffset;
    const truncations = this.#truncations;
    // Appends go on while the device works.
    const snapshot = producerSnapshotBytes(storage.producerState.entries());
    const { active } = storage.segments;
    try {
      await this.flush();
    } catch (error) {
      return ignoreDisk(error);
    }
    // A log that was rolled meanwhile has a snapshot where its active segment begins.
    const isSame = active === storage.segments.active && truncations === this.#truncations;
    if (!storage.isUsable || !isSame || offset === active.baseOffset) return;
    storage.attempt(() => {
      active.indexes.save(false);
      storage.producerSnapshots.leaveWithin(active.baseOffset, offset, snapshot);
    });
  }

  /** Makes durable off the event loop what a stop in good order leaves durable; as `advanceRecoveryPoint`. */
  async prepareClose(): Promise<void> {
    const storage = this.#storage;
    const isBehind = this.#durableOffset < storage.endOffset || !storage.isSnapshotCurrent;
    if (isBehind) await this.advanceRecoveryPoint();
    try {
      if (storage.isUsable) await this.#syncSmallFiles();
      if (storage.isUsable) await storage.segments.active.prepareClose();
    } catch (thrown) {
      const error = DiskError.from(thrown);
      if (!storage.isClosed) this.#onFailed(error);
    }
  }

  /** Those of a log that lacks nothing else: after a crash nobody knows whether the topic's id that is found is durable. */
  async #syncSmallFiles(): Promise<void> {
    const storage = this.#storage;
    await storage.syncSmallFilesAsync();
    if (storage.isUsable && storage.directory.isBehind) await storage.directory.syncAsync();
  }

  /**
   * Called once a second: whether something has not been durable for so long that recovery would have to read too much. A
   * log that nobody writes to is flushed soon, one that is written to late and when it rolls: its flush gets in the way of
   * its writes. (Flushing every 128 MB took a third of the throughput of one busy partition.)
   */
  tick(): boolean {
    const { endOffset } = this.#storage;
    this.#idleTicks = endOffset === this.#endAtTick ? this.#idleTicks + 1 : 0;
    this.#endAtTick = endOffset;
    if (this.#durableOffset >= endOffset) {
      this.#unflushedTicks = 0;
      return false;
    }
    this.#unflushedTicks++;
    if (this.#unflushedTicks < unflushedTicksMax) return this.#idleTicks >= idleTicksMin;
    this.#unflushedTicks = 0;
    return true;
  }

  flushInBackground(): void {
    void this.flush().catch(ignoreDisk);
  }

  /** As `flush`, before it returns. Throws when the disk fails. */
  flushSync(): void {
    const storage = this.#storage;
    const { directory } = storage;
    storage.writeBehind.writeAll();
    const from = this.#durableOffset;
    const segments = from < storage.endOffset ? storage.segments.from(from) : [];
    for (const segment of segments) {
      segment.file.sync();
      if (segment === storage.segments.active) segment.indexes.transactions.save(true);
      else segment.indexes.save(true);
    }
    if (segments.length > 0) directory.owe();
    if (storage.producerSnapshots.syncAll()) directory.owe();
    storage.syncSmallFiles();
    if (directory.isBehind) directory.sync();
    this.#recoveryPoint = storage.endOffset;
    this.#indexesUnsavedFrom = Infinity;
  }

  /**
   * As `flushSync`, when that is due by count; a failure of the disk takes the log offline.
   * @throws DiskError when the system is short of descriptors: it is still due then
   */
  settleRecovery(): void {
    if (!this.isDueByCount) return;
    try {
      this.flushSync();
    } catch (thrown) {
      const error = DiskError.from(thrown);
      this.#onFailed(error);
      if (this.#storage.isUsable) throw error;
    }
  }

  /** Whether `flush.messages` records are not durable. A flush that has not ended yet makes them no fewer. */
  get isDueByCount(): boolean {
    return this.#storage.endOffset - this.#recoveryPoint >= this.#storage.config.flushMessages;
  }

  /** Flushes when `flush.ms` have passed since the last time. */
  flushIfDue(): void {
    const storage = this.#storage;
    const isDue = storage.clock.monotonicMs() - this.#lastFlushMs >= storage.config.flushMs;
    if (isDue && this.#recoveryPoint < storage.endOffset) this.flushInBackground();
  }
}

/** The owner of the directory has been told by then. */
function ignoreDisk(error: unknown): void {
  DiskError.from(error);
}
