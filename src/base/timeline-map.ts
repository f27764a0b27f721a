/** A change that is not final yet: what `key` held before. */
interface Change {
  readonly mark: number;
  readonly map: Revertible;
  readonly key: unknown;
  readonly had: boolean;
  readonly previous: unknown;
}

interface Revertible {
  restore(change: Change): void;
  forget(change: Change): void;
}

/**
 * The order of the changes to a group of maps, so that the latest can be taken back when the records that caused them do
 * not make it into the log.
 *
 * ```
 * changes:  ── final ──┃ mark 7 ─ mark 8 ─ mark 9 │ next
 *            committed ┛                          ┗ latest
 *                          commit(7) moves the committed view right,
 *                          revert(8) cuts marks 8 and 9 off
 * ```
 * Before the first mark changes are final at once: that is how a state is loaded.
 */
export class Timeline {
  #mark = 0;
  #changes: Change[] = [];
  /** Where in `#changes` the first one stands that is not final. */
  #head = 0;

  /** The changes that follow belong to a new mark, which is returned. */
  next(): number {
    return ++this.#mark;
  }

  /** Changes up to and with `mark` are final. */
  commit(mark: number): void {
    const changes = this.#changes;
    while (this.#head < changes.length && changes[this.#head]!.mark <= mark) {
      const change = changes[this.#head++]!;
      change.map.forget(change);
    }
    if (this.#head === changes.length) {
      this.#changes = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > changes.length) {
      this.#changes = changes.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Takes back all changes of `mark` and of later ones; they must not be final. */
  revert(mark: number): void {
    const changes = this.#changes;
    while (changes.length > this.#head && changes[changes.length - 1]!.mark >= mark) {
      const change = changes.pop()!;
      change.map.restore(change);
    }
  }

  /** For the maps alone: whether changes have to be recorded. */
  get isRevertible(): boolean {
    return this.#mark > 0;
  }

  /** For the maps alone. */
  record(map: Revertible, key: unknown, had: boolean, previous: unknown): Change {
    const change = { mark: this.#mark, map, key, had, previous };
    this.#changes.push(change);
    return change;
  }
}

/** `latest` has all changes, `committed` only those that are final. */
export type View = "latest" | "committed";

/**
 * A map whose latest changes can be reverted, and read as if they had not happened. The values must not be changed in place.
 * A key that is set again keeps its place in the iteration order; one that is restored after a deletion goes to the end.
 */
export class TimelineMap<K, V> implements Revertible {
  readonly #timeline: Timeline;
  readonly #latest = new Map<K, V>();
  /** For each key with changes that are not final, those changes, oldest first: the first holds the committed value. */
  #open: Map<K, Change[]> | undefined;

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get size(): number {
    return this.#latest.size;
  }

  get(key: K, view: View = "latest"): V | undefined {
    if (view === "committed" && this.#open !== undefined) {
      const first = this.#open.get(key)?.[0];
      if (first !== undefined) return first.had ? (first.previous as V) : undefined;
    }
    return this.#latest.get(key);
  }

  has(key: K): boolean {
    return this.#latest.has(key);
  }

  set(key: K, value: V): void {
    this.#remember(key);
    this.#latest.set(key, value);
  }

  delete(key: K): boolean {
    if (!this.#latest.has(key)) return false;
    this.#remember(key);
    return this.#latest.delete(key);
  }

  keys(): IterableIterator<K> {
    return this.#latest.keys();
  }

  values(): IterableIterator<V> {
    return this.#latest.values();
  }

  *entries(view: View = "latest"): IterableIterator<[K, V]> {
    const open = view === "committed" ? this.#open : undefined;
    if (open === undefined) {
      yield* this.#latest;
      return;
    }
    for (const [key, value] of this.#latest) if (!open.has(key)) yield [key, value];
    for (const [key, [first]] of open) if (first!.had) yield [key, first!.previous as V];
  }

  restore(change: Change): void {
    const key = change.key as K;
    if (change.had) this.#latest.set(key, change.previous as V);
    else this.#latest.delete(key);
    this.#dropOpen(key, (changes) => changes.pop());
  }

  forget(change: Change): void {
    this.#dropOpen(change.key as K, (changes) => changes.shift());
  }

  #remember(key: K): void {
    if (!this.#timeline.isRevertible) return;
    const previous = this.#latest.get(key);
    const had = previous !== undefined || this.#latest.has(key);
    const change = this.#timeline.record(this, key, had, previous);
    this.#open ??= new Map();
    const changes = this.#open.get(key);
    if (changes === undefined) this.#open.set(key, [change]);
    else changes.push(change);
  }

  #dropOpen(key: K, drop: (changes: Change[]) => void): void {
    const changes = this.#open?.get(key);
    if (changes === undefined) return;
    drop(changes);
    if (changes.length > 0) return;
    this.#open!.delete(key);
    if (this.#open!.size === 0) this.#open = undefined;
  }
}

/** One value whose latest changes can be reverted, and read as if they had not happened. It must not be changed in place. */
export class TimelineCell<T> {
  readonly #initial: T;
  readonly #map: TimelineMap<"value", T>;

  constructor(timeline: Timeline, initial: T) {
    this.#initial = initial;
    this.#map = new TimelineMap(timeline);
  }

  get(view: View = "latest"): T {
    return this.#map.get("value", view) ?? this.#initial;
  }

  set(value: T): void {
    this.#map.set("value", value);
  }
}
