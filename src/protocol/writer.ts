/** A value that the chosen version cannot carry. */
export class EncodeError extends Error {
  override readonly name = "EncodeError";
}

/** Collects one message as a list of slices: small fields in a buffer of its own, large byte fields as they are. */
export class Writer {
  /** What was written, in order, ready for a vectored write. */
  slices(): Buffer[] {
    return [];
  }
  sizeBytes(): number {
    return 0;
  }
  /** The same as one buffer (a copy when there is more than one slice). */
  toBuffer(): Buffer {
    return Buffer.concat(this.slices());
  }
}
