import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import {
  BatchView,
  batchHeaderSizeBytes,
  currentMagic,
  headerUpToMagicSizeBytes,
  lengthAt,
  logOverheadBytes,
  magicAt,
} from "../../protocol/records/batch-header.ts";
import { keySizeAt, MessageView } from "../../protocol/records/message-view.ts";
import { readInt64 } from "../../base/int64.ts";
import { ClientError } from "../client/kafka-error.ts";
import { fileError } from "./file-error.ts";

const windowBytes = 1_048_576;
const legacyOverheadBytes = 14;
const integerMax = 2_147_483_647;

/** A batch where it lies in a file. `header` and `whole` are good until the next read. */
export interface FileBatch {
  readonly offset: number;
  readonly position: number;
  readonly sizeBytes: number;
  readonly magic: number;
  /** @throws ClientError when the file ends within it */
  header(): BatchView;
  whole(): BatchView;
}

/** Reads a file of batches, or a stretch of it, with few large reads. */
export class SegmentReader {
  readonly path: string;
  readonly sizeBytes: number;
  readonly #descriptor: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;

  /**
   * @param path as the messages print it
   * @throws ClientError
   */
  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, "r");
    } catch (error) {
      throw fileError(error, path);
    }
    this.sizeBytes = fstatSync(this.#descriptor).size;
    if (this.sizeBytes > integerMax) {
      this.close();
      throw new ClientError(
        "org.apache.kafka.common.KafkaException",
        `The size of segment ${path} (${this.sizeBytes}) is larger than the maximum allowed segment size of ${integerMax}`,
      );
    }
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /**
   * Where the stretch of `sizeBytes` from `position` ends.
   * @throws ClientError when there is no such stretch
   */
  endOf(position: number, sizeBytes: number): number {
    if (position < 0) throw illegal(`Invalid position: ${position} in read from ${this.#text()}`);
    if (position > this.sizeBytes) {
      throw illegal(`Slice from position ${position} exceeds end position of ${this.#text()}`);
    }
    if (sizeBytes < 0) throw illegal(`Invalid size: ${sizeBytes} in read from ${this.#text()}`);
    return Math.min(this.sizeBytes, position + sizeBytes);
  }

  /**
   * The whole batches between two positions.
   * @throws ClientError for a length that no batch can have
   */
  *batches(start: number, end: number): Generator<FileBatch, void, undefined> {
    for (let position = start; position < end - headerUpToMagicSizeBytes;) {
      const header = this.#read(position, headerUpToMagicSizeBytes, "log header", end);
      const length = header.readInt32BE(lengthAt);
      if (length < legacyOverheadBytes) {
        throw new ClientError(
          "org.apache.kafka.common.errors.CorruptRecordException",
          `Found record size ${length} smaller than minimum record overhead (${legacyOverheadBytes}) in file ${this.path}.`,
        );
      }
      if (position > end - logOverheadBytes - length) return;
      const sizeBytes = length + logOverheadBytes;
      const magic = header.readInt8(magicAt);
      yield this.#batch(position, sizeBytes, readInt64(header, 0), magic, end);
      position += sizeBytes;
    }
  }

  #batch(position: number, sizeBytes: number, offset: number, magic: number, end: number): FileBatch {
    const view = (size: number, what: string): BatchView => {
      const bytes = this.#read(position, size, what, end);
      return magic < currentMagic ? new MessageView(bytes, 0) : new BatchView(bytes, 0);
    };
    return {
      offset,
      position,
      sizeBytes,
      magic,
      header: () => view(headerSizeBytes(magic), "record batch header"),
      whole: () => view(sizeBytes, "full record batch"),
    };
  }

  #read(position: number, sizeBytes: number, what: string, end: number): Buffer {
    const at = position - this.#windowStart;
    if (at < 0 || at + sizeBytes > this.#window.length) this.#moveWindow(position, Math.max(sizeBytes, windowBytes));
    const start = position - this.#windowStart;
    const bytes = this.#window.subarray(start, start + sizeBytes);
    if (bytes.length === sizeBytes) return bytes;
    const cause = new ClientError(
      "java.io.EOFException",
      `Failed to read \`${what}\` from file channel. Expected to read ${sizeBytes} bytes, but reached end of file after reading ${bytes.length} bytes. Started read from position ${position}.`,
    );
    throw new ClientError(
      "org.apache.kafka.common.KafkaException",
      `Failed to load record batch at position ${position} from ${this.#text(end)}`,
      false,
      cause,
    );
  }

  #moveWindow(position: number, sizeBytes: number): void {
    const window = Buffer.allocUnsafe(Math.min(sizeBytes, Math.max(0, this.sizeBytes - position)));
    let filled = 0;
    while (filled < window.length) {
      const read = readSync(this.#descriptor, window, filled, window.length - filled, position + filled);
      if (read === 0) break;
      filled += read;
    }
    this.#window = window.subarray(0, filled);
    this.#windowStart = position;
  }

  #text(end: number = integerMax): string {
    return `FileRecords(size=${Math.min(this.sizeBytes, end)}, file=${this.path}, start=0, end=${end})`;
  }
}

function headerSizeBytes(magic: number): number {
  if (magic < 0) throw illegal(`Invalid magic used in LegacyRecord: ${magic}`);
  return magic < currentMagic ? keySizeAt(magic) : batchHeaderSizeBytes;
}

function illegal(message: string): ClientError {
  return new ClientError("java.lang.IllegalArgumentException", message);
}
