import { assert } from "../../base/assert.ts";
import { entriesAtMost } from "../../base/sorted.ts";
import { type Disk, type DiskFile } from "../../io/ports.ts";

const initialEntries = 32;
const noEntries = Buffer.alloc(0);

/**
 * The entries, all of one size, of an index file. They are in memory while they grow or are looked up, and reach the file
 * at `save`: what a crash takes away belongs to a segment that recovery rebuilds the index of.
 */
export class IndexFile {
  readonly #disk: Disk;
  readonly #entrySizeBytes: number;
  #path: string;
  /** Null while only the file has them. */
  #entries: Buffer | null;
  #count = 0;
  /** How many entries from the first on the file has as they are here. */
  #savedCount = 0;
  /** The file has these entries and nothing else. */
  #isFileExact = false;
  /** The file may have entries that are no more: whoever reads it would take them for what is here. */
  #isFileStale = false;
  /** What was written to it last is on the device. */
  #isSynced = false;
  #writes = 0;
  #isCut = false;
  #wasUsed = true;

  /** Starts empty; `load` takes what the file has. */
  constructor(disk: Disk, path: string, entrySizeBytes: number) {
    this.#disk = disk;
    this.#path = path;
    this.#entrySizeBytes = entrySizeBytes;
    this.#entries = noEntries;
  }

  get path(): string {
    return this.#path;
  }

  get count(): number {
    this.#load();
    return this.#count;
  }

  /** How many entries, from the first on, have a key of at most `key`; they ascend by it. See `entriesAtMost`. */
  countAtMost(key: number, keyAt: (entries: Buffer, start: number) => number): number {
    return entriesAtMost(this.bytes(), this.#entrySizeBytes, this.count, key, keyAt);
  }

  /** Takes the file's entries at the next use. */
  reload(): void {
    this.#entries = null;
    this.#wasUsed = false;
  }

  /** Drops the entries from memory until the next use when the file has them, and no others. */
  release(): void {
    if (this.#savedCount === this.#count && !this.#isFileStale) this.#entries = null;
  }

  /** The last entry of the file as it is there; undefined when it has none, or ends within one. */
  peekLast(): Buffer | undefined {
    if (!this.exists()) return undefined;
    const file = this.#disk.open(this.#path, "read");
    try {
      const sizeBytes = file.sizeBytes();
      if (sizeBytes === 0 || sizeBytes % this.#entrySizeBytes !== 0) return undefined;
      const entry = Buffer.allocUnsafe(this.#entrySizeBytes);
      return file.read(entry, sizeBytes - entry.length) === entry.length ? entry : undefined;
    } finally {
      file.close();
    }
  }

  exists(): boolean {
    return this.#disk.exists(this.#path);
  }

  /** The entries one behind the other, and perhaps unused space. */
  bytes(): Buffer {
    return this.#load();
  }

  /** Reads the entries if they are not in memory: until they are released, a change of them cannot fail. */
  prepare(): void {
    if (this.#entries === null) this.#load();
  }

  /** Makes room for one more entry and returns where in `bytes()` the caller has to write it. */
  grow(): number {
    let entries = this.#load();
    const start = this.#count * this.#entrySizeBytes;
    if (start + this.#entrySizeBytes > entries.length) {
      const larger = Buffer.alloc(Math.max(initialEntries * this.#entrySizeBytes, entries.length * 2));
      entries.copy(larger, 0, 0, start);
      this.#entries = entries = larger;
    }
    this.#count++;
    this.#isFileExact = false;
    return start;
  }

  truncate(count: number): void {
    this.#load();
    assert(count <= this.#count, "an index is only truncated to fewer entries");
    if (count < this.#count) this.#isFileExact = false;
    this.#count = count;
    if (this.#savedCount <= count) return;
    this.#savedCount = count;
    this.#isFileStale = true;
  }

  /** Drops all entries without a look at the file: one that Apache Kafka has left in a crash has 10 MB of zeros. */
  clear(): void {
    this.#entries = noEntries;
    this.#count = this.#savedCount = 0;
    this.#isFileExact = this.#isSynced = this.#isCut = false;
    this.#isFileStale = this.#wasUsed = true;
  }

  /** Writes to the file what it lacks and cuts it to its entries. */
  save(isDurable: boolean): void {
    this.#load();
    if (this.#isFileExact && (this.#isSynced || !isDurable)) return;
    const file = this.#disk.open(this.#path, "readwrite");
    try {
      this.#writeTo(file);
      if (!isDurable) return;
      file.sync();
      this.#isSynced = true;
    } finally {
      file.close();
    }
  }

  /** As `save`, and durable when it resolves. */
  async saveDurably(): Promise<void> {
    this.#load();
    if (this.#isFileExact && this.#isSynced) return;
    const file = this.#disk.open(this.#path, "readwrite");
    try {
      this.#writeTo(file);
      const writes = this.#writes;
      await file.syncAsync();
      this.#isSynced = writes === this.#writes;
    } finally {
      file.close();
    }
  }

  #writeTo(file: DiskFile): void {
    const entries = this.#load();
    const start = this.#savedCount * this.#entrySizeBytes;
    const end = this.#count * this.#entrySizeBytes;
    if (!this.#isFileExact) {
      this.#isSynced = false;
      this.#writes++;
    }
    if (start < end) file.write([entries.subarray(start, end)], start);
    if (file.sizeBytes() !== end) file.truncate(end);
    this.#savedCount = this.#count;
    this.#isFileExact = true;
    this.#isFileStale = this.#isCut = false;
  }

  /** False when the file was found to end within an entry: somebody has cut it. */
  get isWhole(): boolean {
    this.#load();
    return !this.#isCut;
  }

  /** Drops the entries from memory when they were not used since the last call and the file has them. */
  releaseIfUnused(): void {
    if (!this.#wasUsed) this.release();
    this.#wasUsed = false;
  }

  moveTo(path: string): void {
    this.#path = path;
  }

  #load(): Buffer {
    this.#wasUsed = true;
    if (this.#entries !== null) return this.#entries;
    const isThere = this.exists();
    const entries = isThere ? this.#disk.readFile(this.#path) : noEntries;
    this.#count = withoutPadding(entries, this.#entrySizeBytes);
    this.#savedCount = this.#count;
    this.#isCut = entries.length % this.#entrySizeBytes !== 0;
    this.#isSynced = this.#isFileStale = false;
    this.#isFileExact = isThere && this.#count * this.#entrySizeBytes === entries.length;
    this.#entries = entries;
    return entries;
  }
}

/**
 * How many entries there are before the zeros of a file that was preallocated and never trimmed, as Apache Kafka leaves
 * it after a crash. A whole file of one zero entry is an entry: the time index of records with timestamp 0 has it.
 */
function withoutPadding(entries: Buffer, entrySizeBytes: number): number {
  let count = Math.floor(entries.length / entrySizeBytes);
  if (count === 1) return 1;
  while (count > 0 && isZero(entries, (count - 1) * entrySizeBytes, count * entrySizeBytes)) count--;
  return count;
}

function isZero(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] !== 0) return false;
  return true;
}
