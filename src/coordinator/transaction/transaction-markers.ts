import { type LeaderEpoch, type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { type ErrorCode } from "../../protocol/errors.ts";
import { type TopicPartition } from "./transaction.ts";

/** The end of one transaction, for the partitions in which it has to stand. */
export interface TransactionMarker {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** Leader epoch of the partition of `__transaction_state`: a marker of an older coordinator is refused. */
  readonly coordinatorEpoch: LeaderEpoch;
  readonly isCommit: boolean;
  /** Level of `transaction.version` that the client ended it with; from 2 on the epoch of the marker is the bumped one. */
  readonly transactionVersion: number;
  readonly partitions: readonly TopicPartition[];
}

/** How the coordinator writes the ends of transactions; bound to the leaders of the partitions. */
export interface TransactionMarkers {
  /**
   * Appends all of the markers before it returns. Resolves when they are committed or have failed, with the codes by marker
   * and partition, in their orders. Never rejects.
   */
  write(markers: readonly TransactionMarker[]): Promise<readonly (readonly ErrorCode[])[]>;
}
