import { type BufferPool } from "../base/buffer-pool.ts";

/** A length that no request has: the stream cannot be read on, since nobody knows where the next frame starts. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const prefixBytes = 4;
/** The first memory of a frame that comes in pieces. */
const gatheredBytesMin = 2_048;
/** Memory from this size on comes from the pool. */
const pooledBytesMin = 8_192;
/** When so much of a frame is missing, receiving it in place saves more than it costs: a read of its own. */
const targetBytesMin = 65_536;
const noBytes = Buffer.alloc(0);

/**
 * Cuts length-prefixed frames out of the chunks of a stream.
 *
 *     chunk  |..frame..|..frame..|..fra   the frames that are whole are views of the chunk
 *                                 └───→ |fra············|   the last is gathered in memory of its own,
 *                                           └ target         and the socket is asked to go on there
 *
 * What is allocated follows the bytes received, never the length announced: the memory of a frame doubles as it fills,
 * and only a connection that has sent a large frame before is given all of it for the next one at once.
 */
export class FrameAssembler {
  readonly #frameBytesMax: number;
  readonly #pool: BufferPool;
  /** What is to be looked at, from `position` on: without a byte when all was. */
  #chunk: Buffer = noBytes;
  #position = 0;
  #prefix = 0;
  #prefixFilled = 0;
  /** Memory of the frame that comes in pieces, at most as long as the frame. */
  #gathered: Buffer = noBytes;
  #filled = 0;
  /** The memory of a frame that was gathered and is being handled. */
  #handedOut: Buffer | undefined;
  #largestBytes = 0;

  constructor(frameBytesMax: number, pool: BufferPool) {
    this.#frameBytesMax = frameBytesMax;
    this.#pool = pool;
  }

  /** The chunk may be what was received at `target`. */
  push(chunk: Buffer): void {
    if (this.#gathered.length > this.#filled && this.#isInPlace(chunk)) this.#filled += chunk.length;
    else if (this.#chunk.length === 0) this.#turnTo(chunk);
    // Hardly ever: nothing is read while bytes wait.
    else this.#turnTo(Buffer.concat([this.#chunk.subarray(this.#position), chunk]));
  }

  #turnTo(chunk: Buffer): void {
    this.#chunk = chunk;
    this.#position = 0;
  }

  #isInPlace(chunk: Buffer): boolean {
    const gathered = this.#gathered;
    return chunk.buffer === gathered.buffer && chunk.byteOffset === gathered.byteOffset + this.#filled;
  }

  /** Where the rest of a large frame is to be received, so that it need not be copied; undefined when it does not matter. */
  target(): Buffer | undefined {
    if (this.#gathered.length - this.#filled < targetBytesMin || this.#chunk.length > 0) return undefined;
    return this.#gathered.subarray(this.#filled);
  }

  /** Copies what is kept of the chunks that were pushed: after this they may be written over. */
  detach(): void {
    if (this.#chunk.length > 0) this.#turnTo(Buffer.from(this.#chunk.subarray(this.#position)));
  }

  /** Bytes are there that `next` has not looked at. */
  hasBytes(): boolean {
    return this.#chunk.length > 0 || (this.#filled > 0 && this.#filled === this.#prefix);
  }

  /**
   * How long the next frame is, without its length; undefined when not even that is there.
   * @throws FrameError
   */
  nextBytes(): number | undefined {
    return this.#readPrefix() ? this.#prefix : undefined;
  }

  /**
   * The next whole frame, without its length; undefined when bytes are missing: those that are there are gathered then.
   * The frame may be read until `done`, which is due before the next call.
   * @throws FrameError
   */
  next(): Buffer | undefined {
    if (!this.#readPrefix()) return undefined;
    const sizeBytes = this.#prefix;
    const from = this.#position;
    if (this.#filled === 0 && this.#chunk.length - from >= sizeBytes) {
      const frame = this.#chunk.subarray(from, from + sizeBytes);
      this.#consume(sizeBytes);
      return this.#finish(frame);
    }
    return this.#gather(sizeBytes) ? this.#finish((this.#handedOut = this.#gathered)) : undefined;
  }

  /** The frame that `next` has returned was handled; whoever keeps its memory has claimed it from the pool. */
  done(): void {
    if (this.#handedOut === undefined) return;
    this.#pool.giveBack(this.#handedOut);
    this.#handedOut = undefined;
  }

  /** Copies what is there of a frame; true when that is all of it. */
  #gather(sizeBytes: number): boolean {
    while (this.#filled < sizeBytes) {
      if (this.#filled === this.#gathered.length) this.#grow(sizeBytes);
      if (this.#chunk.length === 0) return false;
      const copied = this.#chunk.copy(this.#gathered, this.#filled, this.#position);
      this.#filled += copied;
      this.#consume(copied);
    }
    return true;
  }

  #grow(sizeBytes: number): void {
    const before = this.#gathered;
    const capacity = Math.min(sizeBytes, Math.max(gatheredBytesMin, 2 * this.#filled, this.#largestBytes));
    this.#gathered = capacity < pooledBytesMin ? Buffer.allocUnsafeSlow(capacity) : this.#pool.take(capacity);
    before.copy(this.#gathered);
    this.#pool.giveBack(before);
  }

  #readPrefix(): boolean {
    while (this.#prefixFilled < prefixBytes) {
      const chunk = this.#chunk;
      if (chunk.length === 0) return false;
      if (this.#prefixFilled === 0 && chunk.length - this.#position >= prefixBytes) {
        this.#prefix = chunk.readInt32BE(this.#position);
        this.#prefixFilled = prefixBytes;
        this.#consume(prefixBytes);
      } else {
        this.#prefix = (this.#prefix << 8) | (chunk[this.#position] as number);
        this.#prefixFilled += 1;
        this.#consume(1);
      }
    }
    if (this.#prefix < 0) throw new FrameError(`Invalid receive (size = ${this.#prefix})`);
    if (this.#prefix > this.#frameBytesMax) {
      throw new FrameError(`Invalid receive (size = ${this.#prefix} larger than ${this.#frameBytesMax})`);
    }
    return true;
  }

  #consume(count: number): void {
    this.#position += count;
    if (this.#position === this.#chunk.length) this.#turnTo(noBytes);
  }

  #finish(frame: Buffer): Buffer {
    if (this.#prefix > this.#largestBytes) this.#largestBytes = this.#prefix;
    this.#prefix = 0;
    this.#prefixFilled = 0;
    this.#gathered = noBytes;
    this.#filled = 0;
    return frame;
  }
}
