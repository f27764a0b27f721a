import { type Offset } from "../base/brand.ts";
import { type LogStorage } from "./log-storage.ts";

/** Makes a log durable, and knows how much of it is. */
export class LogFlusher {
  readonly #storage: LogStorage;
  #recoveryPoint: Offset;
  /** Where the first segment starts that has ended and of which the indexes are not durable yet. */
  #indexesUnsavedFrom: Offset = Infinity;
  #lastFlushMs: number;
  #unflushedRecords = 0;

  /** @param recoveryPoint what lies before it is durable */
  constructor(storage: LogStorage, recoveryPoint: Offset) {
    this.#storage = storage;
    this.#recoveryPoint = Math.min(recoveryPoint, storage.endOffset);
    this.#lastFlushMs = storage.clock.monotonicMs();
  }

  /** Where recovery has to start: it takes the segments that end before it, and their indexes, as they are. */
  get recoveryPoint(): Offset {
    const { segments, endOffset, isClosed } = this.#storage;
    const durableOffset = this.#durableOffset;
    // Should the active segment end right here, then with indexes that are not durable: recovery has to come by it.
    const mayEndHere = durableOffset === endOffset && durableOffset > segments.active.baseOffset;
    return mayEndHere && !isClosed ? durableOffset - 1 : durableOffset;
  }

  get #durableOffset(): Offset {
    return Math.min(this.#recoveryPoint, this.#indexesUnsavedFrom);
  }

  onAppended(recordCount: number): void {
    this.#unflushedRecords += recordCount;
  }

  onSegmentEnded(baseOffset: Offset): void {
    this.#indexesUnsavedFrom = Math.min(this.#indexesUnsavedFrom, baseOffset);
  }

  onTruncated(endOffset: Offset): void {
    this.#recoveryPoint = Math.min(this.#recoveryPoint, endOffset);
  }

  /** Makes everything appended before the call durable; resolves when it is. Rejects when the disk failed. */
  async flush(): Promise<void> {
    const storage = this.#storage;
    if (!storage.isUsable) return;
    const target = storage.endOffset;
    this.#lastFlushMs = storage.clock.monotonicMs();
    this.#unflushedRecords = 0;
    const from = this.#durableOffset;
    if (target <= from) return;
    const { active } = storage.segments;
    try {
      storage.writeActive();
      const segments = storage.segments.from(from);
      const hasNewFiles = segments.some(({ baseOffset }) => baseOffset >= from);
      for (const segment of segments) {
        if (storage.segments.has(segment)) await segment.flush(segment !== storage.segments.active);
        // Its files may have another name now, or be gone.
        if (storage.isClosed) return;
      }
      if (storage.syncSmallFiles() || hasNewFiles) storage.disk.syncDirectory(storage.directory);
    } catch (error) {
      if (storage.isClosed) return;
      storage.fail(error);
      throw error;
    }
    this.#recoveryPoint = Math.max(this.#recoveryPoint, Math.min(target, storage.endOffset));
    // A segment that ended meanwhile waits for the next flush.
    this.#indexesUnsavedFrom = active === storage.segments.active ? Infinity : active.baseOffset;
  }

  flushInBackground(): void {
    // A failure has been told to the owner of the directory by then.
    this.flush().catch(doNothing);
  }

  /** As `flush`, before it returns. Throws when the disk fails. */
  flushSync(): void {
    const storage = this.#storage;
    storage.writeActive();
    for (const segment of storage.segments.from(this.#durableOffset)) {
      segment.file.sync();
      if (segment !== storage.segments.active) segment.saveIndexes(true);
    }
    storage.syncSmallFiles();
    storage.disk.syncDirectory(storage.directory);
    this.#recoveryPoint = storage.endOffset;
    this.#indexesUnsavedFrom = Infinity;
  }

  /** Whether `flush.messages` records were appended since the last time. */
  get isDueByCount(): boolean {
    return this.#unflushedRecords >= this.#storage.config.flushMessages;
  }

  /** Flushes when `flush.ms` have passed since the last time. */
  flushIfDue(): void {
    const storage = this.#storage;
    const isDue = storage.clock.monotonicMs() - this.#lastFlushMs >= storage.config.flushMs;
    if (isDue && this.#recoveryPoint < storage.endOffset) this.flushInBackground();
  }
}

function doNothing(): void {}
