import { type PersistentMap } from "../../base/persistent-map.ts";

/** New value by key; undefined removes the key. */
export type Changes<K, V> = Map<K, V | undefined>;

/** Marks every key that the changes do not mention as removed: a snapshot names all there is. */
export function removeUnmentioned<K extends string | number, V>(
  before: PersistentMap<K, V>,
  changes: Changes<K, V>,
): void {
  for (const key of before.keys()) {
    if (!changes.has(key)) changes.set(key, undefined);
  }
}

/** `before` with the changes. */
export function applied<K extends string | number, V>(
  before: PersistentMap<K, V>,
  changes: Changes<K, V>,
): PersistentMap<K, V> {
  const set: [K, V][] = [];
  const removed: K[] = [];
  for (const [key, value] of changes) {
    if (value === undefined) removed.push(key);
    else set.push([key, value]);
  }
  return before.changed(set, removed);
}
