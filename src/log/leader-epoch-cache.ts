import { assert } from "../base/assert.ts";
import { type LeaderEpoch, type Offset } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import {
  formatCheckpoint,
  parseCheckpoint,
  parseNatural,
  readTextIfThere,
  replaceFile,
  syncFile,
} from "./checkpoint-file.ts";

export const leaderEpochCheckpointName = "leader-epoch-checkpoint";

export interface EpochEntry {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

export interface EpochEndOffset {
  /** -1 when the epoch is not known. */
  readonly leaderEpoch: LeaderEpoch;
  /** -1 when the epoch is not known. */
  readonly endOffset: Offset;
}

const unknown: EpochEndOffset = { leaderEpoch: -1, endOffset: -1 };

/**
 * Where in the log each leader epoch starts: what replicas find the point with at which they parted (KIP-101, KIP-279).
 * Epochs and offsets ascend. Each change is in `leader-epoch-checkpoint` before it is used; `sync` makes it durable.
 */
export class LeaderEpochCache {
  readonly #disk: Disk;
  #path: string;
  readonly #logEndOffset: () => Offset;
  #entries: EpochEntry[] = [];
  #isSynced = true;

  constructor(disk: Disk, directory: string, logEndOffset: () => Offset) {
    this.#disk = disk;
    this.#path = `${directory}/${leaderEpochCheckpointName}`;
    this.#logEndOffset = logEndOffset;
  }

  /** Takes what the file has; false, and no entries, when it is damaged or missing. */
  load(): boolean {
    const text = readTextIfThere(this.#disk, this.#path);
    const entries = text === undefined ? undefined : parseCheckpoint(text, parseEntry);
    this.#entries = entries !== undefined && ascends(entries) ? entries : [];
    return entries === this.#entries;
  }

  entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  /** -1 when there is none. */
  get latestEpoch(): LeaderEpoch {
    return this.#entries.at(-1)?.epoch ?? -1;
  }

  get earliest(): EpochEntry | undefined {
    return this.#entries[0];
  }

  /**
   * Notes that `epoch` starts at `startOffset`. Entries that contradict it, because they are of a later epoch or start
   * behind, go away.
   */
  assign(epoch: LeaderEpoch, startOffset: Offset): void {
    assert(epoch >= 0 && startOffset >= 0, "leader epochs and offsets are not negative");
    const latest = this.#entries.at(-1);
    if (latest !== undefined && latest.epoch === epoch && latest.startOffset <= startOffset) return;
    while (this.#entries.length > 0) {
      const last = this.#entries.at(-1)!;
      if (last.epoch < epoch && last.startOffset < startOffset) break;
      this.#entries.pop();
    }
    this.#entries.push({ epoch, startOffset });
    this.#save();
  }

  /**
   * The largest known epoch that is not above `requested`, and the offset at which it ends; -1, -1 when `requested` is
   * above all that are known.
   */
  endOffsetFor(requested: LeaderEpoch): EpochEndOffset {
    if (requested === -1) return unknown;
    if (requested === this.latestEpoch) return { leaderEpoch: requested, endOffset: this.#logEndOffset() };
    const higher = this.#entries.findIndex((entry) => entry.epoch > requested);
    if (higher < 0) return unknown;
    return {
      leaderEpoch: this.#entries[higher - 1]?.epoch ?? requested,
      endOffset: this.#entries[higher]!.startOffset,
    };
  }

  /** The epoch that the record at `offset` was written in; undefined when it is before all that are known. */
  epochFor(offset: Offset): LeaderEpoch | undefined {
    return this.#entries.findLast((entry) => entry.startOffset <= offset)?.epoch;
  }

  /** Removes the epochs that start at or behind `endOffset`. */
  truncateFromEnd(endOffset: Offset): void {
    const kept = this.#entries.filter((entry) => entry.startOffset < endOffset);
    if (kept.length === this.#entries.length) return;
    this.#entries = kept;
    this.#save();
  }

  /** Lets the log's first epoch start at `startOffset`, and removes those that end at or before it. */
  truncateFromStart(startOffset: Offset): void {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (first < 0 || (first === 0 && this.#entries[0]!.startOffset === startOffset)) return;
    this.#entries = [{ epoch: this.#entries[first]!.epoch, startOffset }, ...this.#entries.slice(first + 1)];
    this.#save();
  }

  clear(): void {
    this.#entries = [];
    this.#save();
  }

  /** Makes the file durable; true when it was not, and its directory has to be synced too. */
  sync(): boolean {
    if (this.#isSynced) return false;
    syncFile(this.#disk, this.#path);
    this.#isSynced = true;
    return true;
  }

  moveTo(directory: string): void {
    this.#path = `${directory}/${leaderEpochCheckpointName}`;
  }

  #save(): void {
    this.#isSynced = false;
    const lines = this.#entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`);
    replaceFile(this.#disk, this.#path, formatCheckpoint(lines));
  }
}

function parseEntry(fields: string[]): EpochEntry | undefined {
  const epoch = parseNatural(fields[0]);
  const startOffset = parseNatural(fields[1]);
  return epoch === undefined || startOffset === undefined || fields.length !== 2 ? undefined : { epoch, startOffset };
}

function ascends(entries: readonly EpochEntry[]): boolean {
  return entries.every((entry, index) => {
    const before = entries[index - 1];
    return before === undefined || (before.epoch < entry.epoch && before.startOffset < entry.startOffset);
  });
}
