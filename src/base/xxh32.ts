const prime1 = 0x9e3779b1;
const prime2 = 0x85ebca77;
const prime3 = 0xc2b2ae3d;
const prime4 = 0x27d4eb2f;
const prime5 = 0x165667b1;

/** XXH32 with seed 0 of at most 15 bytes, `buffer[start, end)`, as an unsigned int: longer ones are hashed in stripes. */
export function xxh32(buffer: Buffer, start: number, end: number): number {
  let hash = (prime5 + end - start) | 0;
  let at = start;
  for (; end - at >= 4; at += 4) {
    hash = Math.imul(rotated(hash + Math.imul(buffer.readInt32LE(at), prime3), 17), prime4);
  }
  for (; at < end; at++) hash = Math.imul(rotated(hash + Math.imul(buffer[at]!, prime5), 11), prime1);
  hash = Math.imul(hash ^ (hash >>> 15), prime2);
  hash = Math.imul(hash ^ (hash >>> 13), prime3);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
