import { type PersistentMap } from "../../base/persistent-map.ts";

/** New value by key; undefined removes the key. */
export type Changes<K, V> = Map<K, V | undefined>;

/** How many changes of an image are put in at a time. */
export const changesOfPart = 500;

/** The items, so many at a time. */
export function* partsOf<T>(items: Iterable<T>, count: number): Generator<readonly T[]> {
  let part: T[] = [];
  for (const item of items) {
    part.push(item);
    if (part.length < count) continue;
    yield part;
    part = [];
  }
  if (part.length > 0) yield part;
}

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
