const smallestBytes = 65_536;
const classCount = 9;
const keptBytesMax = 33_554_432;

/**
 * Buffers for reads of files, used again once their bytes have left: fresh ones would cost the system's zeroed pages and
 * the collector's time for each read. A buffer that is never given back (its connection broke, or someone keeps it) is
 * simply the collector's.
 */
export class ReadBuffers {
  /** By size: 64 KiB, 128 KiB, … 16 MiB. */
  readonly #free: Buffer[][] = Array.from({ length: classCount }, () => []);
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();
  #keptBytes = 0;

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

  /** Takes back those of the slices that are of lent buffers; the bytes must have been copied away for good. */
  giveBack(slices: readonly Buffer[]): void {
    for (const slice of slices) {
      const whole = this.#lent.get(slice.buffer);
      if (whole === undefined) continue;
      this.#lent.delete(slice.buffer);
      if (this.#keptBytes + whole.length > keptBytesMax) continue;
      this.#keptBytes += whole.length;
      this.#free[classOf(whole.length)!]!.push(whole);
    }
  }
}

/** undefined when the size is beyond all classes. */
function classOf(sizeBytes: number): number | undefined {
  for (let sizeClass = 0; sizeClass < classCount; sizeClass++) {
    if (sizeBytes <= smallestBytes << sizeClass) return sizeClass;
  }
  return undefined;
}
