const loadFactor = 0.75;
const defaultCapacity = 16;
/** Of 0x9e3779b97f4a7c15, which is 2^64 divided by the golden ratio. */
const goldenHigh = 0x9e3779b9;
const goldenLow = { high: 0x7f4a, low: 0x7c15 };

/** Java's `String.hashCode`: over UTF-16 units, wrapping at 32 bits. */
export function javaStringHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  return hash;
}

/** The hash of Kafka's `Uuid`, given as 22 characters of base64url. */
export function javaUuidHash(uuid: string): number {
  const bytes = Buffer.from(uuid, "base64url");
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12);
}

/**
 * The order in which a Java hash map hands back `items`, which were put into it in this order. Some of what Kafka decides
 * depends on such an order.
 * @param planned the number of entries that the map was made for
 * @param countMax the most entries that it held at a time, when some were removed
 */
export function javaHashOrder<T>(
  items: readonly T[],
  hashOf: (item: T) => number,
  planned = defaultCapacity,
  countMax = items.length,
): T[] {
  return inJavaBuckets(items, javaCapacity(planned, countMax), hashOf);
}

/**
 * The same for a map that is filled by `computeIfAbsent` or `merge`: they put an entry in front of what else is in its
 * bucket, and look whether the map is full before they put it in.
 */
export function javaComputedOrder<T>(items: readonly T[], hashOf: (item: T) => number): T[] {
  return inJavaBuckets(items.toReversed(), javaCapacity(defaultCapacity, items.length - 1), hashOf);
}

/** The buckets of a hash map that was made for `planned` entries and has held `countMax`. */
export function javaCapacity(planned: number, countMax: number): number {
  let capacity = 1;
  while (capacity < planned) capacity *= 2;
  while (isJavaMapFull(capacity, countMax)) capacity *= 2;
  return capacity;
}

/** Whether a hash map of so many buckets doubles them for so many entries. */
export function isJavaMapFull(capacity: number, count: number): boolean {
  return count > capacity * loadFactor;
}

/** What `planned` is of a `HashSet` or `HashMap` that Java copies from another collection. */
export function plannedForCopy(count: number): number {
  return Math.max(Math.floor(count / loadFactor) + 1, defaultCapacity);
}

export function inJavaBuckets<T>(items: readonly T[], capacity: number, hashOf: (item: T) => number): T[] {
  const bucketOf = (item: T): number => {
    const hash = hashOf(item);
    return (hash ^ (hash >>> 16)) & (capacity - 1);
  };
  // Small numbers that ascend are in order mostly, and so is what was put into this order before.
  return isAscending(items, bucketOf) ? items.slice() : inOrderOf(items, bucketOf);
}

function isAscending<T>(items: readonly T[], placeOf: (item: T) => number): boolean {
  if (items.length < 2) return true;
  let highest = 0;
  for (const item of items) {
    const place = placeOf(item);
    if (place < highest) return false;
    highest = place;
  }
  return true;
}

/** By their places, each a number of 32 bits; within a place the order stays. */
function inOrderOf<T>(items: readonly T[], placeOf: (item: T) => number): T[] {
  const count = items.length;
  // Place and index in one number: such are sorted without a call for each comparison.
  const keys = new Float64Array(count);
  for (let index = 0; index < count; index++) keys[index] = placeOf(items[index]!) * count + index;
  keys.sort();
  const ordered: T[] = [];
  for (const key of keys) ordered.push(items[key - Math.floor(key / count) * count]!);
  return ordered;
}

/**
 * The order in which the hash map of Kafka's timelines hands back `items`, which were put into it in this order: it takes
 * the slot from the upper bits of a product, and empties each slot from its end.
 * @param countMax the most entries that it held when one was put into it, anew or in place of another
 */
export function timelineHashOrder<T>(items: readonly T[], hashOf: (item: T) => number, countMax: number): T[] {
  let slotBits = 1;
  while ((countMax + 1) * loadFactor > 2 ** slotBits) slotBits++;
  return inOrderOf(items.toReversed(), (item) => spreadOf(hashOf(item)) >>> (32 - slotBits));
}

/** The upper half of the product of a hash, as a signed number, and 2^64 divided by the golden ratio, modulo 2^64. */
function spreadOf(hash: number): number {
  const low = hash >>> 0;
  // The product of the lower halves has 64 bits: its upper half, from products of 16 bits each.
  const [lowHigh, lowLow] = [low >>> 16, low & 0xffff];
  const middle = lowHigh * goldenLow.low + ((lowLow * goldenLow.low) >>> 16);
  const other = lowLow * goldenLow.high + (middle % 0x10000);
  const carried = lowHigh * goldenLow.high + Math.floor(middle / 0x10000) + Math.floor(other / 0x10000);
  const signed = hash < 0 ? -(goldenLow.high * 0x10000 + goldenLow.low) : 0;
  return (carried + Math.imul(low, goldenHigh) + signed) >>> 0;
}
