import { crc32c as nativeCrc32c } from "@node-rs/crc32";

/** A call into native code costs about as much as the table needs for this many bytes. */
const nativeFromBytes = 100;

const table = makeTable();

function makeTable(): Int32Array {
  const entries = new Int32Array(256);
  for (let index = 0; index < 256; index++) {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = (value & 1) === 0 ? value >>> 1 : (value >>> 1) ^ 0x82f63b78;
    entries[index] = value;
  }
  return entries;
}

/**
 * CRC-32C (Castagnoli) of `buffer[start, end)` as an unsigned int. `previous` is the CRC of the bytes before, for data in
 * several pieces.
 */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length, previous = 0): number {
  if (end - start >= nativeFromBytes) return nativeCrc32c(buffer.subarray(start, end), previous);
  let crc = ~previous;
  for (let index = start; index < end; index++) crc = (crc >>> 8) ^ table[(crc ^ buffer[index]!) & 0xff]!;
  return ~crc >>> 0;
}
