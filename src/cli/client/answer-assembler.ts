const lengthBytes = 4;

/** Puts the answers of a broker together from the chunks in which they arrive. */
export class AnswerAssembler {
  readonly #onFrame: (frame: Buffer) => void;
  readonly #length = Buffer.alloc(lengthBytes);
  #lengthReceived = 0;
  #frame: Buffer | undefined;
  #frameReceived = 0;

  /** @param onFrame gets each whole frame without its length, in a buffer of its own */
  constructor(onFrame: (frame: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Takes a chunk, of which nothing is kept but copies. */
  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;)
      at += this.#frame === undefined ? this.#takeLength(chunk, at) : this.#takeFrame(chunk, at);
  }

  #takeLength(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#length, this.#lengthReceived, at, at + lengthBytes - this.#lengthReceived);
    this.#lengthReceived += taken;
    if (this.#lengthReceived < lengthBytes) return taken;
    this.#frame = Buffer.allocUnsafe(this.#length.readUInt32BE(0));
    this.#lengthReceived = 0;
    this.#frameReceived = 0;
    // A frame without a byte would wait for a chunk that belongs to the next one.
    if (this.#frame.length === 0) this.#takeFrame(chunk, chunk.length);
    return taken;
  }

  #takeFrame(chunk: Buffer, at: number): number {
    const frame = this.#frame ?? Buffer.alloc(0);
    const taken = chunk.copy(frame, this.#frameReceived, at);
    this.#frameReceived += taken;
    if (this.#frameReceived === frame.length) {
      this.#frame = undefined;
      this.#onFrame(frame);
    }
    return taken;
  }
}
