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
