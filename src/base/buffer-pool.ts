const smallestBytes = 65_536;
const classCount = 9;
const keptBytesMax = 33_554_432;
/** Bytes of files that wait to be sent, for all connections together. */
const readBytesMaxDefault = 134_217_728;
/** Messages copy bytes below this size, and nobody could tell when the memory is free again. */
const countedBytesMin = 1_024;
/** Reads up to this size get memory of just their size: a whole buffer of the pool would be kept for little. */
const exactBytesMax = 16_384;

/**
 * Large buffers that are used again: fresh ones would cost the system's zeroed pages and the collector's time each. Files
 * are read into them, requests that do not fit in one read of a socket are received into them, and a log's tail keeps them
 * instead of copying what was received. A buffer that is never given back (its connection broke) is simply the collector's.
 *
 * Whoever holds a slice can give the buffer back; `claim` is for one who keeps it when others are about to do that.
 */
export class BufferPool {
  /** By size: 64 KiB, 128 KiB, … 16 MiB. */
  readonly #free: Buffer[][] = Array.from({ length: classCount }, () => []);
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();
  /** How many hold a lent buffer beside the one who took it. */
  readonly #others = new WeakMap<ArrayBufferLike, number>();
  #keptBytes = 0;
  readonly #readBytesMax: number;
  #readBytes = 0;
  /** What was taken by `takeToRead` and is not back. */
  readonly #readInto = new WeakSet<ArrayBufferLike>();
  /** What nobody gives back, because an error came between, must not use up the budget for good. */
  readonly #lost = new FinalizationRegistry<number>((sizeBytes) => {
    this.#readBytes -= sizeBytes;
  });

  constructor(readBytesMax = readBytesMaxDefault) {
    this.#readBytesMax = readBytesMax;
  }

  /** What is left of the budget for `takeToRead`; less than 0 after reads that were needed whatever they cost. */
  get readBytesLeft(): number {
    return this.#readBytesMax - this.#readBytes;
  }

  /** As `take`, for bytes of a file that go to a client: they count in the budget until they are given back. */
  takeToRead(sizeBytes: number): Buffer {
    if (sizeBytes < countedBytesMin) return Buffer.allocUnsafe(sizeBytes);
    const buffer = sizeBytes <= exactBytesMax ? Buffer.allocUnsafeSlow(sizeBytes) : this.take(sizeBytes);
    const memory = buffer.buffer;
    this.#readBytes += memory.byteLength;
    this.#readInto.add(memory);
    this.#lost.register(memory, memory.byteLength, memory);
    return buffer;
  }

  /** A buffer of exactly that size, with anything in it. Only one who knows when nobody reads it any more gives it back. */
  take(sizeBytes: number): Buffer {
    const sizeClass = classOf(sizeBytes);
    if (sizeClass === undefined) return Buffer.allocUnsafeSlow(sizeBytes);
    let whole = this.#free[sizeClass]!.pop();
    if (whole === undefined) whole = Buffer.allocUnsafeSlow(smallestBytes << sizeClass);
    else this.#keptBytes -= whole.length;
    this.#lent.set(whole.buffer, whole);
    return whole.subarray(0, sizeBytes);
  }

  /** One more has a slice of this lent buffer: all of them have to give it back. */
  hold(slice: Buffer): void {
    this.#others.set(slice.buffer, (this.#others.get(slice.buffer) ?? 0) + 1);
  }

  /** Takes back the buffer of a slice, if it is a lent one; its bytes must have been copied away for good. */
  giveBack(slice: Buffer): void {
    const others = this.#others.get(slice.buffer);
    if (others !== undefined) {
      if (others === 1) this.#others.delete(slice.buffer);
      else this.#others.set(slice.buffer, others - 1);
      return;
    }
    this.#endRead(slice.buffer);
    const whole = this.#lent.get(slice.buffer);
    if (whole !== undefined) this.#takeBack(whole);
  }

  giveBackAll(slices: readonly Buffer[]): void {
    for (const slice of slices) this.giveBack(slice);
  }

  /**
   * Makes the caller the only one who can give the buffer of the slice back, by `release`; undefined when it is not of this
   * pool, or has another such owner.
   */
  claim(slice: Buffer): Buffer | undefined {
    const whole = this.#lent.get(slice.buffer);
    if (whole === undefined) return undefined;
    this.#lent.delete(whole.buffer);
    this.#endRead(whole.buffer);
    return whole;
  }

  /** Takes back a buffer that was claimed. */
  release(whole: Buffer): void {
    this.#takeBack(whole);
  }

  #endRead(memory: ArrayBufferLike): void {
    if (this.#readBytes === 0 || !this.#readInto.delete(memory)) return;
    this.#readBytes -= memory.byteLength;
    this.#lost.unregister(memory);
  }

  #takeBack(whole: Buffer): void {
    this.#lent.delete(whole.buffer);
    if (this.#keptBytes + whole.length > keptBytesMax) return;
    this.#keptBytes += whole.length;
    this.#free[classOf(whole.length)!]!.push(whole);
  }
}

/** undefined when the size is beyond all classes. */
function classOf(sizeBytes: number): number | undefined {
  for (let sizeClass = 0; sizeClass < classCount; sizeClass++) {
    if (sizeBytes <= smallestBytes << sizeClass) return sizeClass;
  }
  return undefined;
}
