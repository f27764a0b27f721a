const twoTo32 = 4_294_967_296;
const twoTo63 = 9_223_372_036_854_775_808;

/** Every batch is asked for several of them: reading bytes is cheaper than the methods of buffers. */
function int32At(buffer: Buffer, at: number): number {
  return (buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!;
}

/** A signed 64-bit big-endian integer: exact when it is a safe integer, else the nearest double. Makes no BigInt. */
export function readInt64(buffer: Buffer, offset: number): number {
  return int32At(buffer, offset) * twoTo32 + (int32At(buffer, offset + 4) >>> 0);
}

/** Signed 64-bit big-endian; numbers beyond the range become its ends, so that Long.MAX_VALUE survives a round trip. */
export function writeInt64(buffer: Buffer, offset: number, value: number | bigint): void {
  if (typeof value === "bigint") {
    buffer.writeBigInt64BE(value, offset);
  } else if (value >= twoTo63) {
    buffer.writeInt32BE(0x7fffffff, offset);
    buffer.writeInt32BE(-1, offset + 4);
  } else if (value < -twoTo63) {
    buffer.writeInt32BE(-0x80000000, offset);
    buffer.writeInt32BE(0, offset + 4);
  } else {
    const high = Math.floor(value / twoTo32);
    buffer.writeInt32BE(high, offset);
    buffer.writeUInt32BE(value - high * twoTo32, offset + 4);
  }
}
