import { type LeaderEpoch, type Offset, type Uuid } from "../base/brand.ts";
import { type Partition, type ProgressWatcher } from "./partition.ts";

/** What a fetch asks of one partition. In a session it is kept and changed by later requests. */
export interface FetchPosition {
  readonly fetchOffset: Offset;
  /** -1: the client does not know. */
  readonly currentLeaderEpoch: LeaderEpoch;
  /** Epoch of the last record that a replica has; -1 for consumers. */
  readonly lastFetchedEpoch: LeaderEpoch;
  /** First offset that a follower has; -1 for consumers. */
  readonly logStartOffset: Offset;
  readonly maxBytes: number;
}

/** A fetch, or the session that it belongs to. */
export interface FetchOwner {
  /** There may be something new for one of its partitions. */
  onProgress(wanted: FetchPartition, partition: Partition): void;
}

/** One partition of a fetch: where the client is, and what it was told last. */
export class FetchPartition implements ProgressWatcher {
  /** The zero id in versions that name topics. */
  readonly topicId: Uuid;
  /** undefined: no topic has the id (yet). */
  topic: string | undefined;
  readonly partition: number;
  position: FetchPosition;
  /** Told of progress while it is watched. */
  owner: FetchOwner | undefined;
  /** Its place among the partitions of a session. */
  order = 0;
  /** `readableBytes` of the partition when it was looked at last. */
  seenBytes = 0;
  /** What the last answer said; -1 makes the next incremental answer include the partition. */
  toldHighWatermark: Offset = -1;
  toldLogStartOffset: Offset = -1;
  #watched: Partition | undefined;

  constructor(topicId: Uuid, topic: string | undefined, partition: number, position: FetchPosition) {
    this.topicId = topicId;
    this.topic = topic;
    this.partition = partition;
    this.position = position;
  }

  watch(partition: Partition): void {
    if (this.#watched === partition) return;
    this.unwatch();
    this.#watched = partition;
    partition.watch(this);
  }

  unwatch(): void {
    this.#watched?.unwatch(this);
    this.#watched = undefined;
  }

  onProgress(partition: Partition): void {
    this.owner?.onProgress(this, partition);
  }
}
