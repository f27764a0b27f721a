import { type ProducerEpoch, type ProducerId } from "../../base/brand.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { isPrepared } from "./transaction-status.ts";
import { appendTransaction, isRecordable, type TransactionTurn } from "./transaction-state.ts";
import { hasPartition, type TopicPartition } from "./transaction.ts";
import { partitionsAdded } from "./transitions.ts";

export interface AddPartitionsRequest {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly partitions: readonly TopicPartition[];
  /** 2 when the partitions are added by a broker on behalf of a producer, else 0. */
  readonly clientVersion: number;
}

/** Adds partitions to the transaction, which this begins if there is none. */
export function addPartitions(turn: TransactionTurn, request: AddPartitionsRequest): ErrorCode {
  const transaction = turn.state.transactions.get(request.transactionalId);
  if (transaction === undefined) return Errors.INVALID_PRODUCER_ID_MAPPING;
  // First of all: the producer may have its next id, or epoch, before the transaction is complete.
  if (isPrepared(transaction.status)) return Errors.CONCURRENT_TRANSACTIONS;
  if (transaction.producerId !== request.producerId) return Errors.INVALID_PRODUCER_ID_MAPPING;
  if (transaction.producerEpoch !== request.producerEpoch) return Errors.PRODUCER_FENCED;
  const { status, partitions } = transaction;
  if (status === "Dead" || status === "PrepareEpochFence") return Errors.UNKNOWN_SERVER_ERROR;
  if (status === "Ongoing" && request.partitions.every((partition) => hasPartition(partitions, partition))) {
    return Errors.NONE;
  }
  if (!isRecordable(turn, request.clientVersion)) return Errors.UNSUPPORTED_VERSION;
  appendTransaction(turn, partitionsAdded(transaction, request.partitions, request.clientVersion, turn.nowMs));
  return Errors.NONE;
}
