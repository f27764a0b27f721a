/** Bytes from outside that are not what the schema says. */
export class DecodeError extends Error {
  override readonly name = "DecodeError";
}

/** A cursor over the bytes of one message. Values are views of `buffer`, never copies. */
export class Reader {
  readonly buffer: Buffer;
  offset: number;
  readonly end: number;
  constructor(buffer: Buffer, offset = 0, end = buffer.length) {
    this.buffer = buffer;
    this.offset = offset;
    this.end = end;
  }
}
