import { type LeaderEpoch, type Offset, type Uuid } from "../base/brand.ts";

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

/** One partition of a fetch: where the client is, and what it was told last. */
export class FetchPartition {
  /** The zero id in versions that name topics. */
  readonly topicId: Uuid;
  /** undefined: no topic has the id (yet). */
  topic: string | undefined;
  readonly partition: number;
  position: FetchPosition;
  /** What the last answer said; -1 makes the next incremental answer include the partition. */
  toldHighWatermark: Offset = -1;
  toldLogStartOffset: Offset = -1;

  constructor(topicId: Uuid, topic: string | undefined, partition: number, position: FetchPosition) {
    this.topicId = topicId;
    this.topic = topic;
    this.partition = partition;
    this.position = position;
  }
}
