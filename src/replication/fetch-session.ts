import { type Uuid } from "../base/brand.ts";
import { assert } from "../base/assert.ts";
import { Errors } from "../protocol/errors.ts";
import { FetchPartition, type FetchPosition } from "./fetch-partition.ts";
import { type FetchResult } from "./fetch-reader.ts";

/** Epochs of a fetch request with a meaning of their own (KIP-227). */
export const sessionEpochs = {
  /** A full fetch that opens a session. */
  initial: 0,
  /** A full fetch without a session; closes the one that it names. */
  final: -1,
} as const;

/**
 * The partitions that a client fetches again and again: its later requests name only what changes, and the answers only
 * what is new. Partitions keep an order, in which one that has had its turn goes to the end, so that a small limit on
 * the answer's size starves nobody.
 */
export class FetchSession {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly createdMs: number;
  epoch = 1;
  lastUsedMs: number;
  readonly partitions = new Map<string, FetchPartition>();

  constructor(id: number, usesTopicIds: boolean, nowMs: number) {
    this.id = id;
    this.usesTopicIds = usesTopicIds;
    this.createdMs = nowMs;
    this.lastUsedMs = nowMs;
  }

  /** Adds a partition, or moves the position of one that is there. */
  update(topicId: Uuid, topic: string | undefined, partition: number, position: FetchPosition): void {
    const key = this.#keyOf(topicId, topic, partition);
    const known = this.partitions.get(key);
    if (known === undefined) this.partitions.set(key, new FetchPartition(topicId, topic, partition, position));
    else {
      known.position = position;
      // Once known, the name stays: a topic that is gone, or another of its name, is told from one never seen.
      known.topic ??= topic;
    }
  }

  forget(topicId: Uuid, topic: string | undefined, partition: number): void {
    this.partitions.delete(this.#keyOf(topicId, topic, partition));
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
    if (isNews) this.#remember(result);
    if (result.records.length > 0) {
      const key = this.#keyOf(request.topicId, request.topic, request.partition);
      if (this.partitions.delete(key)) this.partitions.set(key, request);
    }
    return isNews;
  }

  #remember({ request, highWatermark, logStartOffset }: FetchResult): void {
    // Both are -1 in an error: the next good answer is news, whatever its offsets are.
    request.toldHighWatermark = highWatermark;
    request.toldLogStartOffset = logStartOffset;
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

  remove(id: number): void {
    this.#sessions.delete(id);
  }

  #evict(partitionCount: number, nowMs: number): boolean {
    const oldest = this.#sessions.values().next().value;
    if (oldest === undefined) return true;
    if (nowMs - oldest.lastUsedMs > evictionMs) return this.#sessions.delete(oldest.id);
    let smallest: FetchSession | undefined;
    for (const session of this.#sessions.values()) {
      if (nowMs - session.createdMs <= evictionMs) continue;
      if (session.partitions.size < (smallest?.partitions.size ?? partitionCount)) smallest = session;
    }
    return smallest !== undefined && this.#sessions.delete(smallest.id);
  }
}
