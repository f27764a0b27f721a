import { assert } from "./assert.ts";

/** Something with a deadline. It stands in at most one wheel, once. */
export abstract class WheelEntry {
  /** @internal */
  previous: WheelEntry | undefined = undefined;
  /** @internal */
  next: WheelEntry | undefined = undefined;
  /** @internal The tick it expires in; -1 when it stands in no wheel. */
  tick = -1;

  /** The deadline has passed; the entry is out of the wheel. */
  abstract onExpire(): void;
}

class Bucket extends WheelEntry {
  override onExpire(): void {
    assert(false, "a bucket does not expire");
  }
}

const bucketCount = 512;

/**
 * Deadlines in buckets of one tick each, round and round: adding and removing cost the same however many there are, which
 * matters because nearly every produce and fetch is done long before its deadline. Expiry is late by up to one tick.
 */
export class TimerWheel {
  readonly #tickMs: number;
  readonly #buckets: Bucket[] = [];
  #size = 0;
  /** The last tick that has been expired. */
  #currentTick: number;

  constructor(tickMs: number, nowMs: number) {
    this.#tickMs = tickMs;
    this.#currentTick = Math.floor(nowMs / tickMs);
    for (let index = 0; index < bucketCount; index++) {
      const bucket = new Bucket();
      bucket.previous = bucket;
      bucket.next = bucket;
      this.#buckets.push(bucket);
    }
  }

  get size(): number {
    return this.#size;
  }

  add(entry: WheelEntry, deadlineMs: number): void {
    assert(entry.tick === -1, "an entry stands in a wheel once");
    entry.tick = Math.max(Math.ceil(deadlineMs / this.#tickMs), this.#currentTick + 1);
    const bucket = this.#bucketOf(entry.tick);
    entry.previous = bucket.previous!;
    entry.next = bucket;
    entry.previous.next = entry;
    bucket.previous = entry;
    this.#size += 1;
  }

  /** Takes an entry out before its deadline; nothing happens when it is not in. */
  remove(entry: WheelEntry): void {
    if (entry.tick === -1) return;
    entry.previous!.next = entry.next;
    entry.next!.previous = entry.previous;
    entry.previous = undefined;
    entry.next = undefined;
    entry.tick = -1;
    this.#size -= 1;
  }

  /** Expires all entries whose deadline is not after `nowMs`, the earlier tick first. */
  advance(nowMs: number): void {
    const target = Math.floor(nowMs / this.#tickMs);
    // After a long pause one round through all buckets finds everything that is due.
    if (target - this.#currentTick > bucketCount) this.#currentTick = target - bucketCount;
    while (this.#currentTick < target) {
      this.#currentTick += 1;
      this.#expireBucket(this.#bucketOf(this.#currentTick), target);
    }
  }

  /** When the next entry is due, in ms; undefined when the wheel is empty. An entry rounds away is seen as one round. */
  nextDeadlineMs(): number | undefined {
    if (this.#size === 0) return undefined;
    for (let ahead = 1; ahead <= bucketCount; ahead++) {
      const bucket = this.#bucketOf(this.#currentTick + ahead);
      if (bucket.next !== bucket) return (this.#currentTick + ahead) * this.#tickMs;
    }
    return (this.#currentTick + bucketCount) * this.#tickMs;
  }

  #bucketOf(tick: number): Bucket {
    return this.#buckets[tick % bucketCount]!;
  }

  #expireBucket(bucket: Bucket, target: number): void {
    // A callback may take out or put in other entries: what is due is found before the first is called.
    const due: WheelEntry[] = [];
    for (let entry = bucket.next!; entry !== bucket; entry = entry.next!) if (entry.tick <= target) due.push(entry);
    for (const entry of due) {
      if (entry.tick === -1 || entry.tick > target) continue;
      this.remove(entry);
      entry.onExpire();
    }
  }
}
