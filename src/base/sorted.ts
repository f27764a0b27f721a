/**
 * Index of the last element whose key is at most `key`, -1 when there is none. `sorted` ascends by key.
 */
export function lastAtMost<T>(sorted: readonly T[], key: number, keyOf: (element: T) => number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyOf(sorted[middle]!) <= key) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * How many entries of one size, from the first on, have a key of at most `key`. They ascend by key; `keyAt` reads the key of
 * the entry that begins at `start`.
 */
export function entriesAtMost(
  entries: Buffer,
  entrySizeBytes: number,
  count: number,
  key: number,
  keyAt: (entries: Buffer, start: number) => number,
): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyAt(entries, middle * entrySizeBytes) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
}
