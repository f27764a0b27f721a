import { assert } from "../base/assert.ts";
import { type LeaderEpoch, type Offset } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import { formatCheckpoint, parseCheckpoint, parseNatural } from "./checkpoint-text.ts";
import { readTextIfThere, replaceFile, syncFile, syncFileAsync } from "./small-files.ts";

const leaderEpochCheckpointName = "leader-epoch-checkpoint";

export interface EpochEntry {
  readonly epoch: LeaderEpoch;
  readonly startOffset: Offset;
}

/** What passes from thread to thread of the epochs of a log. */
export interface LeaderEpochState {
  readonly entries: readonly EpochEntry[];
  /** Whether the file is durable. */
  readonly isSynced: boolean;
  readonly unsavedFrom: Offset;
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
 * Epochs and offsets ascend. `leader-epoch-checkpoint` has each change when the records that rely on it count as durable: the
 * flush of these writes it (`save`, then `sync`). What a crash takes of it recovery finds anew, for it reads all that was not durable.
 */
export class LeaderEpochCache {
  readonly #disk: Disk;
  #path: string;
  readonly #logEndOffset: () => Offset;
  #entries: EpochEntry[] = [];
  /** What was loaded, until `fitTo` has compared it with what is in the log. */
  #inFile: readonly EpochEntry[] = [];
  /** From where on the file differs. An epoch that begins at the log's end has no record yet, and a start would drop it. */
  #unsavedFrom: Offset = Infinity;
  #isSynced = true;
  /** How often the entries, the file or its place became others. */
  #changes = 0;

  constructor(disk: Disk, directory: string, logEndOffset: () => Offset) {
    this.#disk = disk;
    this.#path = `${directory}/${leaderEpochCheckpointName}`;
    this.#logEndOffset = logEndOffset;
  }

  /**
   * Takes what the file has; false, and no entries, when it is damaged or missing.
   *
   * @param isDurable the last stop in good order made the file so; whoever else wrote it may have been killed before it was
   */
  load(isDurable: boolean): boolean {
    const text = readTextIfThere(this.#disk, this.#path);
    this.#isSynced = isDurable || text === undefined;
    this.#unsavedFrom = Infinity;
    const entries = text === undefined ? undefined : parseCheckpoint(text, parseEntry);
    this.#entries = entries !== undefined && ascends(entries) ? entries : [];
    this.#inFile = this.#entries.slice();
    return entries === this.#entries;
  }

  /** Takes out what lies outside the log, as it is found at a start. */
  fitTo(startOffset: Offset, endOffset: Offset): void {
    this.#dropFrom(endOffset);
    const inFile = this.#inFile.filter((entry) => entry.startOffset < endOffset);
    if (!areSame(inFile, this.#entries)) this.#changedFrom(0);
    // What is dropped here must not come back when the log has grown past it.
    else if (inFile.length < this.#inFile.length) this.#changedFrom(endOffset);
    this.#inFile = [];
    this.#beginAt(startOffset);
  }

  /** Recovery finds all from `offset` on anew, and says so by `find`: what the file says may be of records that are gone. */
  forgetFrom(offset: Offset): void {
    this.#dropFrom(offset);
  }

  /** A batch of `epoch` is at `offset`; `fitTo` ends the search. */
  find(epoch: LeaderEpoch, offset: Offset): void {
    if (epoch > this.latestEpoch) this.#push(epoch, offset);
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
    if (this.#push(epoch, startOffset)) this.#changedFrom(startOffset);
  }

  #push(epoch: LeaderEpoch, startOffset: Offset): boolean {
    assert(epoch >= 0 && startOffset >= 0, "leader epochs and offsets are not negative");
    const latest = this.#entries.at(-1);
    if (latest !== undefined && latest.epoch === epoch && latest.startOffset <= startOffset) return false;
    while (this.#entries.length > 0) {
      const last = this.#entries.at(-1)!;
      if (last.epoch < epoch && last.startOffset < startOffset) break;
      this.#entries.pop();
    }
    this.#entries.push({ epoch, startOffset });
    return true;
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
    if (this.#dropFrom(endOffset)) this.#changedFrom(endOffset);
  }

  #dropFrom(endOffset: Offset): boolean {
    const kept = this.#entries.filter((entry) => entry.startOffset < endOffset);
    if (kept.length === this.#entries.length) return false;
    this.#entries = kept;
    return true;
  }

  /** Lets the log's first epoch start at `startOffset`, and removes those that end at or before it. */
  truncateFromStart(startOffset: Offset): void {
    if (this.#beginAt(startOffset)) this.#changedFrom(startOffset);
  }

  #beginAt(startOffset: Offset): boolean {
    const first = this.#entries.findLastIndex((entry) => entry.startOffset <= startOffset);
    if (first < 0 || (first === 0 && this.#entries[0]!.startOffset === startOffset)) return false;
    this.#entries = [{ epoch: this.#entries[first]!.epoch, startOffset }, ...this.#entries.slice(first + 1)];
    return true;
  }

  /** In the file too, when it returns; where that cannot be written nothing has changed. */
  clear(): void {
    this.#save([]);
  }

  /** Makes the file durable, with all that records rely on; true when it was not, and its directory has to be synced too. */
  sync(): boolean {
    this.save();
    if (this.#isSynced) return false;
    syncFile(this.#disk, this.#path);
    this.#isSynced = true;
    return true;
  }

  /** As `sync`, without holding the event loop up for the device. */
  async syncAsync(): Promise<boolean> {
    this.save();
    if (this.#isSynced) return false;
    const changes = this.#changes;
    await syncFileAsync(this.#disk, this.#path);
    // Not before it is done, for another flush must not rely on it; a file that was replaced meanwhile is synced again.
    if (changes === this.#changes) this.#isSynced = true;
    return true;
  }

  /** Writes the file, when it lacks something that a record relies on. Before other files are synced one commit does for all. */
  save(): void {
    if (this.#isBehind) this.#save(this.#entries);
  }

  /** All that is known, for another cache of the same file. */
  get state(): LeaderEpochState {
    return { entries: this.#entries, isSynced: this.#isSynced, unsavedFrom: this.#unsavedFrom };
  }

  /** Instead of `load` and `fitTo`: what the cache of another thread has come to. */
  takeOver({ entries, isSynced, unsavedFrom }: LeaderEpochState): void {
    this.#entries = entries.slice();
    this.#isSynced = isSynced;
    this.#unsavedFrom = unsavedFrom;
  }

  moveTo(directory: string): void {
    this.#changes++;
    this.#path = `${directory}/${leaderEpochCheckpointName}`;
  }

  /** The file lacks something that a record relies on. */
  get #isBehind(): boolean {
    return this.#unsavedFrom < this.#logEndOffset();
  }

  #changedFrom(offset: Offset): void {
    this.#unsavedFrom = Math.min(this.#unsavedFrom, offset);
    this.#changes++;
  }

  #save(entries: EpochEntry[]): void {
    this.#isSynced = false;
    replaceFile(this.#disk, this.#path, textOf(entries));
    this.#entries = entries;
    this.#unsavedFrom = Infinity;
    this.#changes++;
  }
}

function textOf(entries: readonly EpochEntry[]): string {
  return formatCheckpoint(entries.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`));
}

function areSame(one: readonly EpochEntry[], other: readonly EpochEntry[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ epoch, startOffset }, index) => {
      const same = other[index]!;
      return epoch === same.epoch && startOffset === same.startOffset;
    })
  );
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
