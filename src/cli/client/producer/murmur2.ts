const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** MurmurHash2 (32 bits) as Kafka's clients use it: every client must put a key into the same partition. */
export function murmur2(data: Buffer): number {
  let hash = seed ^ data.length;
  let at = 0;
  for (; at + 4 <= data.length; at += 4) {
    let word = Math.imul(data.readInt32LE(at), multiplier);
    word = Math.imul(word ^ (word >>> 24), multiplier);
    hash = Math.imul(hash, multiplier) ^ word;
  }
  const rest = data.length - at;
  if (rest === 3) hash ^= (data[at + 2] ?? 0) << 16;
  if (rest >= 2) hash ^= (data[at + 1] ?? 0) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ (data[at] ?? 0), multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

/** The partition of a key among `count`. */
export function partitionOfKey(key: Buffer, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count;
}
