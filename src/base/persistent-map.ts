/**
 * An immutable map that shares most of itself with the map it was made from: one changed key costs about the square root of
 * the size instead of a full copy. Metadata images are made of these, so that a reader keeps a consistent view while the
 * next one is built beside it.
 *
 * ```
 * shards ─┬─ Map {a, f, k}        "f" changed: a new outer array, one new Map,
 *         ├─ Map {b}              the other Maps are shared
 *         └─ Map {c, e}
 * ```
 */
export class PersistentMap<K extends string | number, V> {
  readonly #shards: readonly ReadonlyMap<K, V>[];
  readonly size: number;

  private constructor(shards: readonly ReadonlyMap<K, V>[], size: number) {
    this.#shards = shards;
    this.size = size;
  }

  static empty<K extends string | number, V>(): PersistentMap<K, V> {
    return new PersistentMap<K, V>([new Map()], 0);
  }

  static from<K extends string | number, V>(entries: Iterable<readonly [K, V]>): PersistentMap<K, V> {
    return PersistentMap.empty<K, V>().changed(entries, []);
  }

  get(key: K): V | undefined {
    return this.#shards[shardOf(key, this.#shards.length)]?.get(key);
  }

  has(key: K): boolean {
    return this.#shards[shardOf(key, this.#shards.length)]?.has(key) === true;
  }

  /** The map with `removals` taken out and then `changes` put in; `this` is left as it is. */
  changed(changes: Iterable<readonly [K, V]>, removals: Iterable<K>): PersistentMap<K, V> {
    let shards = [...this.#shards];
    let owned = new Set<number>();
    let size = this.size;
    const writable = (index: number): Map<K, V> => {
      const shard = shards[index] as Map<K, V>;
      if (owned.has(index)) return shard;
      const copy = new Map(shard);
      shards[index] = copy;
      owned.add(index);
      return copy;
    };
    for (const key of removals) {
      const index = shardOf(key, shards.length);
      if (shards[index]?.has(key) && writable(index).delete(key)) size--;
    }
    for (const [key, value] of changes) {
      const shard = writable(shardOf(key, shards.length));
      if (!shard.has(key)) size++;
      shard.set(key, value);
      // Sixteen entries a shard on average at 256 entries, 64 at 4096: shard and outer array grow alike.
      if (size > 4 * shards.length * shards.length) {
        shards = resharded(shards, shards.length * 4);
        owned = new Set(shards.keys());
      }
    }
    return new PersistentMap(shards, size);
  }

  *entries(): IterableIterator<[K, V]> {
    for (const shard of this.#shards) yield* shard;
  }

  *keys(): IterableIterator<K> {
    for (const shard of this.#shards) yield* shard.keys();
  }

  *values(): IterableIterator<V> {
    for (const shard of this.#shards) yield* shard.values();
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }
}

function resharded<K extends string | number, V>(shards: readonly ReadonlyMap<K, V>[], count: number): Map<K, V>[] {
  const wider = Array.from({ length: count }, () => new Map<K, V>());
  for (const shard of shards) {
    for (const [key, value] of shard) wider[shardOf(key, count)]?.set(key, value);
  }
  return wider;
}

/** FNV-1a over the characters; the count is a power of four, so masking suffices. */
function shardOf(key: string | number, count: number): number {
  if (count === 1) return 0;
  let hash = 0x811c9dc5;
  if (typeof key === "number") {
    hash = Math.imul(hash ^ key, 0x01000193);
  } else {
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) & (count - 1);
}
