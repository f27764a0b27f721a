import { type Uuid } from "../base/brand.ts";
import { assert } from "../base/assert.ts";
import { Errors } from "../protocol/errors.ts";
import { type DelayedFetch } from "./delayed-fetch.ts";
import { type FetchOwner, FetchPartition, type FetchPosition } from "./fetch-partition.ts";
import { type FetchResult } from "./fetch-reader.ts";
import { type Partition } from "./partition.ts";

/** Epochs of a fetch request with a meaning of their own (KIP-227). */
export const sessionEpochs = {
  /** A full fetch that opens a session. */
  initial: 0,
  /** A full fetch without a session; closes the one that it names. */
  final: -1,
} as const;

/** What changes without a word (retention moves a log's start) is found by a look at all partitions now and then. */
const lookAtAllMs = 1_000;

/**
 * The partitions that a client fetches again and again: its later requests name only what changes, and the answers only
 * what is new. Partitions have an order, in which one that has had its turn goes to the end, so that a small limit on the
 * answer's size starves nobody.
 *
 * A fetch costs as much as there is to tell: only the partitions that are due are read. The others were read to their end
 * and are watched; progress makes them due.
 */
export class FetchSession implements FetchOwner {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  epoch = 1;
  lastUsedMs: number;
  readonly partitions = new Map<string, FetchPartition>();
  /** Partitions that may have something to tell. */
  readonly #due = new Set<FetchPartition>();
  readonly #waiting = new Set<DelayedFetch>();
  #nextOrder = 0;
  #lookedAtAllMs: number;
  #isClosed = false;

  constructor(id: number, usesTopicIds: boolean, nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.createdMs = nowMs;
    this.lastUsedMs = nowMs;
    this.#lookedAtAllMs = nowMs;
  }

  /** Adds a partition, or moves the position of one that is there. */
  update(topicId: Uuid, topic: string | undefined, partition: number, position: FetchPosition): void {
    const key = this.#keyOf(topicId, topic, partition);
    let wanted = this.partitions.get(key);
    if (wanted === undefined) {
      wanted = new FetchPartition(topicId, topic, partition, position);
      wanted.owner = this;
      wanted.order = this.#nextOrder++;
      this.partitions.set(key, wanted);
    } else {
      wanted.position = position;
      // Once known, the name stays: a topic that is gone, or another of its name, is told from one never seen.
      wanted.topic ??= topic;
    }
    this.#due.add(wanted);
  }

  forget(topicId: Uuid, topic: string | undefined, partition: number): void {
    const key = this.#keyOf(topicId, topic, partition);
    const wanted = this.partitions.get(key);
    if (wanted === undefined) return;
    this.partitions.delete(key);
    this.#due.delete(wanted);
    wanted.unwatch();
  }

  /** The partitions that have to be read now, in their order. */
  due(): FetchPartition[] {
    return Array.from(this.#due).sort((one, other) => one.order - other.order);
  }

  /** Makes all partitions due when that has not been so for a while. */
  lookAtAll(nowMs: number): void {
    if (nowMs - this.#lookedAtAllMs < lookAtAllMs) return;
    this.#lookedAtAllMs = nowMs;
    for (const wanted of this.partitions.values()) this.#due.add(wanted);
  }

  onProgress(wanted: FetchPartition, partition: Partition): void {
    this.#due.add(wanted);
    // It is due now, and nobody waits: until it is read there is nothing more to learn. So a session whose client has
    // gone costs each of its partitions nothing but the first write.
    if (this.#waiting.size === 0) return wanted.unwatch();
    const addedBytes = partition.readableBytes - wanted.seenBytes;
    wanted.seenBytes = partition.readableBytes;
    for (const fetch of this.#waiting) fetch.progressed(partition, addedBytes);
  }

  /** @internal for `DelayedFetch` */
  addWaiting(fetch: DelayedFetch): void {
    this.#waiting.add(fetch);
  }

  /** @internal for `DelayedFetch` */
  removeWaiting(fetch: DelayedFetch): void {
    this.#waiting.delete(fetch);
    if (this.#isClosed) this.close();
  }

  /** The session is no longer to be found; a fetch of it that waits goes on to its end. */
  close(): void {
    this.#isClosed = true;
    if (this.#waiting.size > 0) return;
    for (const wanted of this.partitions.values()) wanted.unwatch();
  }

  /** The results that the client does not know yet; remembers that it is told them. */
  takeNews(results: readonly FetchResult[]): FetchResult[] {
    return results.filter((result) => this.#takeNews(result));
  }

  /** A full answer tells everything. */
  takeAll(results: readonly FetchResult[]): void {
    for (const result of results) this.#remember(result);
  }

  /** The epoch after the highest is 1: 0 opens a session. */
  nextEpoch(): void {
    this.epoch = this.epoch === 0x7fffffff ? 1 : this.epoch + 1;
  }

  #takeNews(result: FetchResult): boolean {
    const { request } = result;
    const isNews =
      result.records.length > 0 ||
      result.errorCode !== Errors.NONE ||
      result.divergingEpoch >= 0 ||
      result.highWatermark !== request.toldHighWatermark ||
      result.logStartOffset !== request.toldLogStartOffset;
    this.#remember(result);
    if (result.records.length > 0) request.order = this.#nextOrder++;
    return isNews;
  }

  #remember(result: FetchResult): void {
    const { request, partition } = result;
    // Both are -1 in an error: the next good answer is news, whatever its offsets are.
    request.toldHighWatermark = result.highWatermark;
    request.toldLogStartOffset = result.logStartOffset;
    const isRead = partition !== undefined && result.errorCode === Errors.NONE && result.divergingEpoch < 0;
    // Without records although there are some: the answer was full, or they may not be seen yet.
    if (!isRead || result.records.length > 0 || request.position.fetchOffset < partition.log.writtenOffset) return;
    this.#due.delete(request);
    if (!this.#isClosed) request.watch(partition);
  }

  #keyOf(topicId: Uuid, topic: string | undefined, partition: number): string {
    return `${this.usesTopicIds ? topicId : topic}/${partition}`;
  }
}

/** After so long a session may be pushed out: by any newcomer when it was idle, by a larger one when it was not. */
const evictionMs = 120_000;

/** The sessions of all clients, at most `slots` (`max.incremental.fetch.session.cache.slots`), least recently used first. */
export class FetchSessionCache {
  readonly #slots: number;
  readonly #sessions = new Map<number, FetchSession>();

  constructor(slots: number) {
    this.#slots = slots;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** The session, now the most recently used one. */
  use(id: number, nowMs: number): FetchSession | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined) return undefined;
    session.lastUsedMs = nowMs;
    this.#sessions.delete(id);
    this.#sessions.set(id, session);
    return session;
  }

  /**
   * A new session; undefined when there is no room, and then the client goes on with full fetches. A full cache gives up
   * its oldest session when that is idle, or else the smallest of those that are not new when the newcomer has more
   * partitions, since a session saves the more the larger it is.
   *
   * @param draw a random number in [0, 1)
   */
  create(usesTopicIds: boolean, partitionCount: number, nowMs: number, draw: () => number): FetchSession | undefined {
    if (this.#slots <= 0) return undefined;
    if (this.#sessions.size >= this.#slots && !this.#evict(partitionCount, nowMs)) return undefined;
    let id = 0;
    for (let attempt = 0; id === 0 || this.#sessions.has(id); attempt++) {
      assert(attempt < 100, "a free session id is found");
      id = Math.floor(draw() * 0x7fffffff) + 1;
    }
    const session = new FetchSession(id, usesTopicIds, nowMs);
    this.#sessions.set(id, session);
    return session;
  }

  remove(id: number): boolean {
    this.#sessions.get(id)?.close();
    return this.#sessions.delete(id);
  }

  #evict(partitionCount: number, nowMs: number): boolean {
    const oldest = this.#sessions.values().next().value;
    if (oldest === undefined) return true;
    if (nowMs - oldest.lastUsedMs > evictionMs) return this.remove(oldest.id);
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (nowMs - session.createdMs <= evictionMs) continue;
      if (session.partitions.size < (smallest?.partitions.size ?? partitionCount)) smallest = session;
    }
    return smallest !== undefined && this.remove(smallest.id);
  }
}
