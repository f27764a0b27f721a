import { readFileSync } from "node:fs";
import { readInt64 } from "../../base/int64.ts";
import { ClientError } from "../client/kafka-error.ts";
import { fileError } from "./file-error.ts";
import { type NamedFile } from "./named-file.ts";

const corruptIndex = "org.apache.kafka.storage.internals.log.CorruptIndexException";

/** The entries of an offset index, those of the padding behind them included. */
export class OffsetIndexEntries {
  static readonly #entrySizeBytes = 8;
  readonly baseOffset: number;
  readonly count: number;
  readonly #file: NamedFile;
  readonly #bytes: Buffer;

  /** @throws ClientError */
  constructor(file: NamedFile) {
    this.baseOffset = file.baseOffset;
    this.#file = file;
    this.#bytes = indexBytes(file);
    this.count = Math.floor(this.#bytes.length / OffsetIndexEntries.#entrySizeBytes);
  }

  offsetAt(slot: number): number {
    return this.baseOffset + this.#bytes.readInt32BE(slot * OffsetIndexEntries.#entrySizeBytes);
  }

  positionAt(slot: number): number {
    return this.#bytes.readInt32BE(slot * OffsetIndexEntries.#entrySizeBytes + 4);
  }

  /** Where a scan for `offset` starts. */
  positionFor(offset: number): number {
    let [low, high] = [0, this.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.offsetAt(middle) <= offset) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? 0 : this.positionAt(low - 1);
  }

  /** What the broker checks at its start. @throws ClientError */
  check(): void {
    const path = this.#file.absolutePath;
    const lastOffset = this.count === 0 ? this.baseOffset : this.offsetAt(this.count - 1);
    if (lastOffset < this.baseOffset) {
      throw new ClientError(
        corruptIndex,
        `Corrupt index found, index file ${path} has non-zero size but the last offset is ${lastOffset} which is less than the base offset ${this.baseOffset}`,
      );
    }
    const sizeBytes = this.#bytes.length;
    if (sizeBytes % OffsetIndexEntries.#entrySizeBytes === 0) return;
    throw new ClientError(
      corruptIndex,
      `Index file ${path} is corrupt, found ${sizeBytes} bytes which is neither positive nor a multiple of 8`,
    );
  }
}

/** The entries of a time index, those of the padding behind them included. */
export class TimeIndexEntries {
  static readonly #entrySizeBytes = 12;
  readonly baseOffset: number;
  readonly count: number;
  readonly #file: NamedFile;
  readonly #bytes: Buffer;

  /** @throws ClientError */
  constructor(file: NamedFile) {
    this.baseOffset = file.baseOffset;
    this.#file = file;
    this.#bytes = indexBytes(file);
    this.count = Math.floor(this.#bytes.length / TimeIndexEntries.#entrySizeBytes);
  }

  timestampAt(slot: number): number {
    return readInt64(this.#bytes, slot * TimeIndexEntries.#entrySizeBytes);
  }

  offsetAt(slot: number): number {
    return this.baseOffset + this.#bytes.readInt32BE(slot * TimeIndexEntries.#entrySizeBytes + 8);
  }

  /** What the broker checks at its start. @throws ClientError */
  check(): void {
    const path = this.#file.absolutePath;
    if (this.count > 0) this.#checkOrder(`Corrupt time index found, time index file (${path}) has non-zero size but`);
    const sizeBytes = this.#bytes.length;
    if (sizeBytes % TimeIndexEntries.#entrySizeBytes === 0) return;
    throw new ClientError(
      corruptIndex,
      `Time index file ${path} is corrupt, found ${sizeBytes} bytes which is neither positive nor a multiple of 12`,
    );
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
