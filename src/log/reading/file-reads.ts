import { type BufferPool } from "../../base/buffer-pool.ts";
import { batchHeaderSizeBytes, batchSizeBytesMin } from "../../protocol/records/batch-header.ts";
import { batchSizeAt } from "../batch-bytes.ts";
import { type Segment } from "../segment/segment.ts";
import { type FileReadAllowance } from "./file-read-allowance.ts";

const nothing: Buffer = Buffer.alloc(0);
/** So much a read of the file that has to bring a batch asks for, whatever is left for it: most batches are smaller. */
export const firstReadBytes = 65_536;
/** A result up to this size leaves the buffer that it was read into. */
const copiedBytesMax = 16_384;

/** Reads of segments' files on the event loop: how much of one a reader gets, and in which memory of the pool. */
export class FileReads {
  readonly #buffers: BufferPool;

  constructor(buffers: BufferPool) {
    this.#buffers = buffers;
  }

  /**
   * What stands from `position` on. With `minOneBatch` at least the first batch whole, however large it is and whatever the
   * allowance says. `keep` then takes what is wanted of it.
   */
  read(
    segment: Segment,
    position: number,
    maxBytes: number,
    minOneBatch: boolean,
    allowance: FileReadAllowance | undefined,
  ): Buffer {
    const availableBytes = segment.writtenBytes - position;
    let wantedBytes = Math.min(Math.max(maxBytes, batchHeaderSizeBytes), availableBytes);
    if (allowance !== undefined) {
      const leftBytes = Math.min(allowance.leftBytes, this.#buffers.readBytesLeft);
      const allowedBytes = minOneBatch ? Math.max(leftBytes, firstReadBytes) : leftBytes;
      if (allowedBytes < wantedBytes) {
        allowance.wasShort = true;
        if (allowedBytes < batchHeaderSizeBytes) return nothing;
        wantedBytes = allowedBytes;
      }
    }
    const file = segment.file.use();
    const wanted = this.#take(wantedBytes, allowance);
    const read = file.read(wanted, position);
    if (read >= batchSizeBytesMin && minOneBatch) {
      const firstBytes = batchSizeAt(wanted, 0);
      if (firstBytes > wanted.length && firstBytes <= availableBytes) {
        this.#buffers.giveBack(wanted);
        const whole = this.#take(firstBytes, allowance);
        return whole.subarray(0, file.read(whole, position));
      }
    }
    return wanted.subarray(0, read);
  }

  #take(sizeBytes: number, allowance: FileReadAllowance | undefined): Buffer {
    if (allowance === undefined) return this.#buffers.take(sizeBytes);
    allowance.leftBytes -= sizeBytes;
    return this.#buffers.takeToRead(sizeBytes);
  }

  /** The first `sizeBytes` of what was read; memory that is much too large for them goes back at once. */
  keep(bytes: Buffer, sizeBytes: number, allowance: FileReadAllowance | undefined): Buffer {
    const isSmallPart = allowance !== undefined && sizeBytes <= copiedBytesMax && sizeBytes < bytes.length;
    if (sizeBytes > 0 && !isSmallPart) return bytes.subarray(0, sizeBytes);
    const records = sizeBytes === 0 ? nothing : this.#buffers.takeToRead(sizeBytes);
    bytes.copy(records, 0, 0, sizeBytes);
    this.#buffers.giveBack(bytes);
    return records;
  }

  /** A part of a chunk for a client: little of it would keep all of its memory. */
  keepOfChunk(slice: Buffer): Buffer {
    if (slice.length > copiedBytesMax) {
      this.#buffers.hold(slice);
      return slice;
    }
    const records = this.#buffers.takeToRead(slice.length);
    slice.copy(records);
    return records;
  }
}
