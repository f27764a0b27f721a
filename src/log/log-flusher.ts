import { type Offset } from "../base/brand.ts";
import { DiskError } from "../io/ports.ts";
import { type LogStorage } from "./log-storage.ts";
import { producerSnapshotBytes } from "./producers/producer-snapshot.ts";
import { type Segment } from "./segment/segment.ts";

/** Limits of what a crash leaves to be read: see `tick`. */
const lackingTicksMax = 60;
const idleTicksMin = 3;
/** A start has read as much about as soon as the files that would spare it that. */
export const bareTailBytesMaxDefault = 65_536;

/** A place in a log, until it is truncated. */
interface Place {
  /** Of the segment. */
  readonly baseOffset: Offset;
  readonly sizeBytes: number;
}

const nowhere: Place = { baseOffset: -1, sizeBytes: 0 };

/** Makes a log durable, and knows how much of it is. */
export class LogFlusher {
  readonly #storage: LogStorage;
  /** Hands what was appended before the call to the operating system; nobody is told of it. */
  readonly #handOver: () => Promise<void>;
  readonly #bareTailBytesMax: number;
  #recoveryPoint: Offset;
  /** Where the first segment starts that has ended and of which the indexes are not durable yet. */
  #indexesUnsavedFrom: Offset = Infinity;
  #lastFlushMs: number;
  #truncations = 0;
  /** Up to where in which segment recovery was last left files that spare it the reading. */
  #filesLeft = nowhere;
  /** Where the log ended when it was opened, as far as that is left. */
  #endFound: Offset;
  /** The log's end when `tick` was called last, and for how many calls it has been there or has lacked something. */
  #endAtTick: Offset;
  #idleTicks = 0;
  #lackingTicks = 0;
  /** What the flushes that have not ended yet make durable. */
  readonly #underWay = new Set<{ target: Offset }>();

  /**
   * @param recoveryPoint what lies before it is durable
   * @param bareTailBytesMax for no more than this at the log's end no indexes and producers are left to recovery
   */
  constructor(storage: LogStorage, recoveryPoint: Offset, handOver: () => Promise<void>, bareTailBytesMax: number) {
    this.#storage = storage;
    this.#handOver = handOver;
    this.#bareTailBytesMax = bareTailBytesMax;
    this.#recoveryPoint = Math.min(recoveryPoint, storage.endOffset);
    this.#lastFlushMs = storage.clock.monotonicMs();
    this.#endAtTick = this.#endFound = storage.endOffset;
    // A stop in good order has left them at the log's end.
    if (storage.isSnapshotCurrent) this.#filesLeft = endOf(storage.segments.active);
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
    this.#filesLeft = nowhere;
    this.#endFound = Math.min(this.#endFound, endOffset);
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
      storage.leaderEpochs.save();
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
   * As `flush`, and sees to it that recovery has little to read: where much lies behind the files that were left last, it
   * leaves new ones. (To make them takes the event loop longer than everything else about the flush, and a log that has a few
   * records at a time would have them made again and again.) A failure of the disk does not reject it.
   */
  async advanceRecoveryPoint(): Promise<void> {
    if (!this.#storage.isUsable) return;
    try {
      await (this.#bareTailBytes > this.#bareTailBytesMax ? this.#flushAndLeaveFiles() : this.flush());
    } catch (error) {
      ignoreDisk(error);
    }
  }

  /** What recovery would read of the active segment. */
  get #bareTailBytes(): number {
    const { baseOffset, sizeBytes } = this.#storage.segments.active;
    return baseOffset === this.#filesLeft.baseOffset ? sizeBytes - this.#filesLeft.sizeBytes : sizeBytes;
  }

  /** As `flush`, and leaves what lets recovery begin at the point that was reached: the indexes, and the producers there. */
  async #flushAndLeaveFiles(): Promise<void> {
    const storage = this.#storage;
    const offset = storage.endOffset;
    const truncations = this.#truncations;
    // Appends go on while the device works.
    const snapshot = producerSnapshotBytes(storage.producerState.entries());
    const { active } = storage.segments;
    const end = endOf(active);
    await this.flush();
    // A log that was rolled meanwhile has a snapshot where its active segment begins.
    const isSame = active === storage.segments.active && truncations === this.#truncations;
    if (!storage.isUsable || !isSame || offset === active.baseOffset) return;
    const areLeft = storage.guardUnlessShort(() => {
      active.indexes.save(false);
      storage.producerSnapshots.leaveWithin(active.baseOffset, offset, snapshot);
    });
    if (areLeft) this.#filesLeft = end;
  }

  /**
   * Makes durable off the event loop what a stop in good order leaves durable, and has all files made.
   * @throws DiskError when the system is short of descriptors: it is worth another try. Another failure does not reject it.
   */
  async prepareClose(): Promise<void> {
    const storage = this.#storage;
    try {
      if (this.#durableOffset < storage.endOffset || !storage.isSnapshotCurrent) await this.#flushAndLeaveFiles();
      if (storage.isUsable) await this.#syncSmallFiles();
      if (storage.isUsable) await storage.segments.active.prepareClose();
    } catch (thrown) {
      const error = DiskError.from(thrown);
      if (storage.isClosed) return;
      this.#onFailed(error);
      if (storage.isUsable) throw error;
    }
  }

  /** Those of a log that lacks nothing else: after a crash nobody knows whether the topic's id that is found is durable. */
  async #syncSmallFiles(): Promise<void> {
    const storage = this.#storage;
    await storage.syncSmallFilesAsync();
    if (storage.isUsable && storage.directory.isBehind) await storage.directory.syncAsync();
  }

  /**
   * Called once a second: whether something has been lacking for so long that recovery would have to read too much. A log
   * that nobody writes to is flushed soon, one that is written to late and when it rolls: its flush gets in the way of its
   * writes. (Flushing every 128 MB took a third of the throughput of one busy partition.)
   */
  tick(): boolean {
    const { endOffset } = this.#storage;
    this.#idleTicks = endOffset === this.#endAtTick ? this.#idleTicks + 1 : 0;
    this.#endAtTick = endOffset;
    if (!this.#lacksSomething) {
      this.#lackingTicks = 0;
      return false;
    }
    this.#lackingTicks++;
    if (this.#lackingTicks < lackingTicksMax) return this.#idleTicks >= idleTicksMin;
    this.#lackingTicks = 0;
    return true;
  }

  /** What clients or `flush.ms` have had flushed is durable, but not all that recovery goes by. */
  get #lacksSomething(): boolean {
    const { endOffset } = this.#storage;
    if (this.#durableOffset < endOffset) return true;
    return endOffset > this.#endFound && this.#bareTailBytes > this.#bareTailBytesMax;
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

function endOf({ baseOffset, sizeBytes }: Segment): Place {
  return { baseOffset, sizeBytes };
}

/** The owner of the directory has been told by then. */
function ignoreDisk(error: unknown): void {
  DiskError.from(error);
}
