import { type Offset } from "../../base/brand.ts";
import { type Disk, type Logger } from "../../io/ports.ts";
import { scanBatches } from "../batch-scan.ts";
import { replaceFile, syncFile, syncFileAsync } from "../small-files.ts";
import { offsetOfFileName, producerSnapshotSuffix } from "../log-files.ts";
import { type Segment } from "../segment/segment.ts";
import { type Segments } from "../segment/segments.ts";
import { producerSnapshotPath, readProducerSnapshot, writeProducerSnapshot } from "./producer-snapshot.ts";
import { type ProducerState } from "./producer-state.ts";

/** What passes from thread to thread of the snapshots of a log. */
export interface ProducerSnapshotsState {
  readonly newestOffset: Offset;
  readonly unsyncedOffsets: readonly Offset[];
}

export interface ProducerSnapshotsOptions {
  readonly disk: Disk;
  readonly logger: Logger;
  /** The partition's directory. */
  readonly directory: string;
  /** The partition's, for messages. */
  readonly name: string;
  readonly producerState: ProducerState;
}

/**
 * The files of a log that say what its producers were like at an offset, so that a start reads the batches behind it alone.
 * There is one where each segment begins, and perhaps one within the active segment. A flush makes them durable.
 */
export class ProducerSnapshots {
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #name: string;
  readonly #producerState: ProducerState;
  #directory: string;
  #newestOffset: Offset = -1;
  readonly #unsyncedOffsets = new Set<Offset>();

  constructor({ disk, logger, directory, name, producerState }: ProducerSnapshotsOptions) {
    this.#disk = disk;
    this.#logger = logger;
    this.#name = name;
    this.#producerState = producerState;
    this.#directory = directory;
  }

  /** Of the newest one that is known to be good; -1 when there is none. */
  get newestOffset(): Offset {
    return this.#newestOffset;
  }

  /** Those in the directory, ascending. */
  offsets(): Offset[] {
    return snapshotsAmong(this.#disk.list(this.#directory));
  }

  /** Writes down the producers as they are at the log's end, under the name of `offset`. */
  write(offset: Offset): void {
    writeProducerSnapshot(this.#disk, this.#pathOf(offset), this.#producerState.entries());
    this.#newestOffset = offset;
    this.#unsyncedOffsets.add(offset);
  }

  /**
   * Writes down the producers as they were at `offset`, within the segment that begins at `baseOffset`, for recovery to begin
   * there. Earlier snapshots within the segment have no use any more. It need not be durable: without it recovery begins at
   * the snapshot where the segment starts, and that one is.
   */
  leaveWithin(baseOffset: Offset, offset: Offset, snapshot: Buffer): void {
    replaceFile(this.#disk, this.#pathOf(offset), snapshot);
    this.#newestOffset = offset;
    this.remove((other) => other > baseOffset && other < offset);
  }

  /** @param offsets what `offsets()` says */
  remove(isUseless: (offset: Offset) => boolean, offsets: readonly Offset[] = this.offsets()): void {
    for (const offset of offsets) if (isUseless(offset)) this.#remove(offset);
  }

  #remove(offset: Offset): void {
    this.#disk.remove(this.#pathOf(offset));
    if (offset === this.#newestOffset) this.#newestOffset = -1;
  }

  /** Before the batches go that the producers at `offset` are known by: their snapshot may still wait for a flush. */
  keep(offset: Offset): void {
    if (this.#producerState.size > 0 && this.#unsyncedOffsets.has(offset)) this.#sync(offset);
  }

  /** Makes them durable; true when one was not, and the directory has to be synced too. */
  syncAll(): boolean {
    const hadUnsynced = this.#unsyncedOffsets.size > 0;
    for (const offset of this.#unsyncedOffsets) this.#sync(offset);
    this.#unsyncedOffsets.clear();
    return hadUnsynced;
  }

  #sync(offset: Offset): void {
    const path = this.#pathOf(offset);
    if (this.#disk.exists(path)) syncFile(this.#disk, path);
  }

  /** As `syncAll`, without holding the event loop up, for as long as the log `isUsable`. */
  async syncAllAsync(log: { readonly isUsable: boolean }): Promise<boolean> {
    const offsets = [...this.#unsyncedOffsets];
    for (const offset of offsets) {
      if (!log.isUsable) break;
      const path = this.#pathOf(offset);
      if (this.#disk.exists(path)) await syncFileAsync(this.#disk, path);
      // Only now: another flush must not take it for durable before it is.
      this.#unsyncedOffsets.delete(offset);
    }
    return offsets.length > 0;
  }

  /**
   * Makes the producer state that of `endOffset`: the newest sound snapshot, and the batches behind it. The snapshots that
   * are missing where segments begin are made again: the batches before them may be deleted.
   *
   * @param startOffset of a log that has no segment
   * @param offsets what `offsets()` says
   */
  restore(segments: Segments, startOffset: Offset, endOffset: Offset, offsets: readonly Offset[]): void {
    const state = this.#producerState;
    state.clear(segments.count === 0 ? startOffset : segments.first.baseOffset);
    this.#newestOffset = this.#restoreNewest(endOffset, offsets);
    if (segments.count > 0 && state.endOffset < endOffset) this.#readBehind(segments, endOffset);
    state.endOffset = endOffset;
  }

  #readBehind(segments: Segments, endOffset: Offset): void {
    const state = this.#producerState;
    const foundOffset = state.endOffset;
    for (const segment of segments.from(foundOffset)) {
      const { baseOffset } = segment;
      if (baseOffset > endOffset) break;
      if (baseOffset > foundOffset) this.write(baseOffset);
      if (baseOffset < endOffset) readBatches(state, segment, endOffset);
    }
  }

  #restoreNewest(endOffset: Offset, offsets: readonly Offset[]): Offset {
    const state = this.#producerState;
    for (const offset of offsets.toReversed()) {
      if (offset > endOffset) continue;
      const path = this.#pathOf(offset);
      const entries = readProducerSnapshot(this.#disk, path);
      if (entries === undefined) {
        this.#logger.warn({ log: this.#name, file: path }, "Removing a damaged producer snapshot");
        this.#disk.remove(path);
        continue;
      }
      for (const entry of entries) state.restore(entry);
      state.endOffset = offset;
      return offset;
    }
    return -1;
  }

  /** All that is known, for another thread that has the same files. */
  get state(): ProducerSnapshotsState {
    return { newestOffset: this.#newestOffset, unsyncedOffsets: [...this.#unsyncedOffsets] };
  }

  /** Instead of `restore`: what another thread has come to. */
  takeOver({ newestOffset, unsyncedOffsets }: ProducerSnapshotsState): void {
    this.#newestOffset = newestOffset;
    for (const offset of unsyncedOffsets) this.#unsyncedOffsets.add(offset);
  }

  moveTo(directory: string): void {
    this.#directory = directory;
  }

  #pathOf(offset: Offset): string {
    return producerSnapshotPath(this.#directory, offset);
  }
}

/** The offsets of the snapshots among a directory's files, in the order of those. */
export function snapshotsAmong(files: Iterable<string>): Offset[] {
  const offsets: Offset[] = [];
  for (const file of files) {
    const offset = file.endsWith(producerSnapshotSuffix) ? offsetOfFileName(file) : undefined;
    if (offset !== undefined) offsets.push(offset);
  }
  return offsets;
}

/** Takes in the batches of a segment that lie behind what is known and before `endOffset`. */
function readBatches(producerState: ProducerState, segment: Segment, endOffset: Offset): void {
  const start = Math.max(segment.baseOffset, producerState.endOffset);
  let nextOffset = segment.baseOffset;
  scanBatches(segment.file.use(), segment.positionOf(start), segment.writtenBytes, (batch) => {
    // Nobody has looked at what lies behind the end yet: what a crash has torn may name any offset.
    if (batch.baseOffset < nextOffset || batch.baseOffset >= endOffset) return false;
    nextOffset = batch.lastOffset + 1;
    producerState.update(batch);
    return true;
  });
}
