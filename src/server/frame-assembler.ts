/** A length that no request has: the stream cannot be read on, since nobody knows where the next frame starts. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

const prefixBytes = 4;
/** Pieces below this are gathered in blocks, lest a frame that comes byte by byte cost an object a byte. */
const ownPieceBytesMin = 2048;
const blockBytes = 16 * 1024;
const noBytes = Buffer.alloc(0);

/**
 * Cuts length-prefixed frames out of the chunks of a stream.
 *
 * A frame that lies in one chunk is a view of it. Of others the pieces are kept as they came and joined once, when the
 * last one is there: what is allocated follows the bytes received, never the length announced.
 */
export class FrameAssembler {
  readonly #frameBytesMax: number;
  readonly #chunks: Buffer[] = [];
  /** How much of the first chunk is consumed. */
  #position = 0;
  #prefix = 0;
  #prefixFilled = 0;
  #isAdmitted = false;
  #pieces: Buffer[] = [];
  #filled = 0;
  /** How many of the pieces are copies already. */
  #ownPieces = 0;
  /** The free rest of the block that small pieces go to. */
  #block = noBytes;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  push(chunk: Buffer): void {
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  /** Copies what is kept of the chunks that were pushed: after this they may be written over. */
  detach(): void {
    for (let index = 0; index < this.#chunks.length; index++) {
      this.#chunks[index] = Buffer.from(this.#chunks[index]!.subarray(index === 0 ? this.#position : 0));
    }
    this.#position = 0;
    for (; this.#ownPieces < this.#pieces.length; this.#ownPieces++) {
      const piece = this.#pieces[this.#ownPieces]!;
      // Small pieces are in a block, which is ours, and which the next small piece may extend.
      if (piece.length >= ownPieceBytesMin && piece.buffer !== this.#block.buffer) {
        this.#pieces[this.#ownPieces] = Buffer.from(piece);
      }
    }
  }

  /** Bytes are there that `next` has not looked at. */
  hasBytes(): boolean {
    return this.#chunks.length > 0;
  }

  /**
   * The next whole frame, without its length; undefined when bytes are missing or `admit` refuses the frame's size, which
   * is asked again at the next call.
   * @throws FrameError
   */
  next(admit: (sizeBytes: number) => boolean): Buffer | undefined {
    if (!this.#readPrefix()) return undefined;
    const sizeBytes = this.#prefix;
    if (!this.#isAdmitted) {
      if (!admit(sizeBytes)) return undefined;
      this.#isAdmitted = true;
    }
    while (this.#filled < sizeBytes) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return undefined;
      const end = Math.min(chunk.length, this.#position + sizeBytes - this.#filled);
      const piece = chunk.subarray(this.#position, end);
      this.#consume(piece.length);
      if (piece.length === sizeBytes) return this.#finish(piece);
      this.#keep(piece, sizeBytes);
    }
    return this.#finish(this.#join(sizeBytes));
  }

  #readPrefix(): boolean {
    while (this.#prefixFilled < prefixBytes) {
      const chunk = this.#chunks[0];
      if (chunk === undefined) return false;
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
    if (this.#position < (this.#chunks[0] as Buffer).length) return;
    this.#chunks.shift();
    this.#position = 0;
  }

  #keep(piece: Buffer, sizeBytes: number): void {
    const missingBytes = sizeBytes - this.#filled;
    this.#filled += piece.length;
    if (piece.length >= ownPieceBytesMin) {
      this.#pieces.push(piece);
      return;
    }
    let done = 0;
    while (done < piece.length) {
      if (this.#block.length === 0) this.#block = Buffer.allocUnsafe(Math.min(blockBytes, missingBytes - done));
      const copied = piece.copy(this.#block, 0, done);
      this.#extendPieces(copied);
      this.#block = this.#block.subarray(copied);
      done += copied;
    }
  }

  /** Adds the first `count` bytes of the block: to the last piece when that ends where the block begins. */
  #extendPieces(count: number): void {
    const { buffer, byteOffset } = this.#block;
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.buffer === buffer && last.byteOffset + last.length === byteOffset) {
      this.#pieces[this.#pieces.length - 1] = Buffer.from(buffer, last.byteOffset, last.length + count);
    } else {
      this.#pieces.push(this.#block.subarray(0, count));
    }
  }

  #join(sizeBytes: number): Buffer {
    const [only] = this.#pieces;
    if (only !== undefined && this.#pieces.length === 1) return only;
    const frame = Buffer.allocUnsafeSlow(sizeBytes);
    let at = 0;
    for (const piece of this.#pieces) at += piece.copy(frame, at);
    return frame;
  }

  #finish(frame: Buffer): Buffer {
    this.#prefix = 0;
    this.#prefixFilled = 0;
    this.#isAdmitted = false;
    if (this.#filled > 0) {
      this.#pieces = [];
      this.#ownPieces = 0;
      this.#filled = 0;
      this.#block = noBytes;
    }
    return frame;
  }
}
