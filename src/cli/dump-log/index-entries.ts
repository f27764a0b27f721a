import { readFileSync } from "node:fs";
import { readInt64 } from "../../base/int64.ts";
import { entriesAtMost } from "../../base/sorted.ts";
import { ClientError } from "../client/kafka-error.ts";
import { fileError } from "./file-error.ts";
import { type NamedFile } from "./named-file.ts";

const corruptIndex = "org.apache.kafka.storage.internals.log.CorruptIndexException";

/** The entries of an index file, those of the padding behind them included. */
class IndexEntries {
  readonly baseOffset: number;
  readonly count: number;
  protected readonly bytes: Buffer;
  /** For the messages, which name it in full. */
  protected readonly path: string;
  readonly #entrySizeBytes: number;

  /** @throws ClientError */
  constructor(file: NamedFile, entrySizeBytes: number) {
    this.baseOffset = file.baseOffset;
    this.path = file.absolutePath;
    this.bytes = indexBytes(file);
    this.count = Math.floor(this.bytes.length / entrySizeBytes);
    this.#entrySizeBytes = entrySizeBytes;
  }

  /** @throws ClientError when the file ends within an entry */
  protected checkSize(kind: string): void {
    const sizeBytes = this.bytes.length;
    if (sizeBytes % this.#entrySizeBytes === 0) return;
    throw new ClientError(
      corruptIndex,
      `${kind} file ${this.path} is corrupt, found ${sizeBytes} bytes which is neither positive nor a multiple of ${this.#entrySizeBytes}`,
    );
  }
}

/** The entries of an offset index. */
export class OffsetIndexEntries extends IndexEntries {
  static readonly #entrySizeBytes = 8;

  /** @throws ClientError */
  constructor(file: NamedFile) {
    super(file, OffsetIndexEntries.#entrySizeBytes);
  }

  offsetAt(slot: number): number {
    return this.baseOffset + this.bytes.readInt32BE(slot * OffsetIndexEntries.#entrySizeBytes);
  }

  positionAt(slot: number): number {
    return this.bytes.readInt32BE(slot * OffsetIndexEntries.#entrySizeBytes + 4);
  }

  /** Where a scan for `offset` starts. */
  positionFor(offset: number): number {
    const entrySizeBytes = OffsetIndexEntries.#entrySizeBytes;
    const relativeOffsetAt = (entries: Buffer, start: number) => entries.readInt32BE(start);
    const before = entriesAtMost(this.bytes, entrySizeBytes, this.count, offset - this.baseOffset, relativeOffsetAt);
    return before === 0 ? 0 : this.positionAt(before - 1);
  }

  /** What the broker checks at its start. @throws ClientError */
  check(): void {
    const lastOffset = this.count === 0 ? this.baseOffset : this.offsetAt(this.count - 1);
    if (lastOffset < this.baseOffset) {
      throw new ClientError(
        corruptIndex,
        `Corrupt index found, index file ${this.path} has non-zero size but the last offset is ${lastOffset} which is less than the base offset ${this.baseOffset}`,
      );
    }
    this.checkSize("Index");
  }
}

/** The entries of a time index. */
export class TimeIndexEntries extends IndexEntries {
  static readonly #entrySizeBytes = 12;

  /** @throws ClientError */
  constructor(file: NamedFile) {
    super(file, TimeIndexEntries.#entrySizeBytes);
  }

  timestampAt(slot: number): number {
    return readInt64(this.bytes, slot * TimeIndexEntries.#entrySizeBytes);
  }

  offsetAt(slot: number): number {
    return this.baseOffset + this.bytes.readInt32BE(slot * TimeIndexEntries.#entrySizeBytes + 8);
  }

  /** What the broker checks at its start. @throws ClientError */
  check(): void {
    if (this.count > 0)
      this.#checkOrder(`Corrupt time index found, time index file (${this.path}) has non-zero size but`);
    this.checkSize("Time index");
  }

  #checkOrder(complaint: string): void {
    const [first, last] = [this.timestampAt(0), this.timestampAt(this.count - 1)];
    if (last < first) {
      throw new ClientError(
        corruptIndex,
        `${complaint} the last timestamp is ${last} which is less than the first timestamp ${first}`,
      );
    }
    const lastOffset = this.offsetAt(this.count - 1);
    if (lastOffset < this.baseOffset) {
      throw new ClientError(
        corruptIndex,
        `${complaint} the last offset is ${lastOffset} which is less than the first offset ${this.baseOffset}`,
      );
    }
  }
}

function indexBytes(file: NamedFile): Buffer {
  try {
    return readFileSync(file.absolutePath);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw fileError(error, file.path);
    // Kafka's tool fails to make a new index file, of a size that it was not told; and leaves an empty one, we do not.
    throw new ClientError("java.lang.IllegalArgumentException", "Invalid max index size: -1");
  }
}
