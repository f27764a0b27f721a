import { type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { assertTransition } from "./transaction-status.ts";
import {
  bumped,
  bumpsEpoch,
  noPartitions,
  noProducerEpoch,
  noProducerId,
  withPartitions,
  type TopicPartition,
  type Transaction,
} from "./transaction.ts";

/** Every step goes through here: it names the id that the producer had before. */
function stepTo(from: Transaction, changes: Partial<Transaction> & Pick<Transaction, "status">): Transaction {
  assertTransition(from.status, changes.status);
  return { ...from, previousProducerId: from.producerId, ...changes };
}

/** A transactional id that nobody has used yet. */
export function newTransaction(transactionalId: string, producerId: ProducerId, nowMs: TimestampMs): Transaction {
  return {
    transactionalId,
    producerId,
    previousProducerId: noProducerId,
    nextProducerId: noProducerId,
    producerEpoch: noProducerEpoch,
    lastProducerEpoch: noProducerEpoch,
    timeoutMs: -1,
    status: "Empty",
    partitions: noPartitions,
    startedAtMs: -1,
    updatedAtMs: nowMs,
    clientVersion: 0,
  };
}

export interface NewProducer {
  readonly producerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  readonly lastProducerEpoch: ProducerEpoch;
  readonly timeoutMs: number;
}

/** A producer has taken the id over, or starts anew. */
export function initialized(from: Transaction, producer: NewProducer, nowMs: TimestampMs): Transaction {
  return stepTo(from, {
    ...producer,
    status: "Empty",
    partitions: noPartitions,
    startedAtMs: -1,
    updatedAtMs: nowMs,
  });
}

export function partitionsAdded(
  from: Transaction,
  added: readonly TopicPartition[],
  clientVersion: number,
  nowMs: TimestampMs,
): Transaction {
  return stepTo(from, {
    status: "Ongoing",
    partitions: withPartitions(from.partitions, added),
    startedAtMs: from.status === "Ongoing" ? from.startedAtMs : nowMs,
    updatedAtMs: nowMs,
    clientVersion,
  });
}

export interface Decision {
  readonly isCommit: boolean;
  readonly clientVersion: number;
  /** For a producer whose epochs are used up, where the epoch is bumped; else -1. */
  readonly nextProducerId: ProducerId;
}

/** The end of the transaction is decided. Where the epoch is bumped, the markers carry the new one already. */
export function prepared(from: Transaction, decision: Decision, nowMs: TimestampMs): Transaction {
  const { isCommit, clientVersion, nextProducerId } = decision;
  const isBumped = bumpsEpoch(clientVersion);
  return stepTo(from, {
    status: isCommit ? "PrepareCommit" : "PrepareAbort",
    producerEpoch: isBumped ? bumped(from.producerEpoch) : from.producerEpoch,
    lastProducerEpoch: isBumped ? from.producerEpoch : from.lastProducerEpoch,
    nextProducerId,
    // The abort of a transaction that has no partitions is where it starts, too.
    startedAtMs: from.status === "Ongoing" ? from.startedAtMs : nowMs,
    updatedAtMs: nowMs,
    clientVersion,
  });
}

/** The transaction is aborted without its producer, which cannot go on with the epoch that it has. */
export function fenced(
  from: Transaction,
  serverVersion: number,
  nextProducerId: ProducerId,
  nowMs: TimestampMs,
): Transaction {
  if (bumpsEpoch(serverVersion)) {
    return prepared(from, { isCommit: false, clientVersion: serverVersion, nextProducerId }, nowMs);
  }
  const bumpedFirst = {
    ...from,
    producerEpoch: bumped(from.producerEpoch),
    lastProducerEpoch: noProducerEpoch,
  };
  return prepared(bumpedFirst, { isCommit: false, clientVersion: 0, nextProducerId: noProducerId }, nowMs);
}

/** All markers are written. A producer whose epochs are used up goes on with its next id. */
export function completed(from: Transaction, nowMs: TimestampMs): Transaction {
  const isRotated = bumpsEpoch(from.clientVersion) && from.nextProducerId !== noProducerId;
  return stepTo(from, {
    status: from.status === "PrepareCommit" ? "CompleteCommit" : "CompleteAbort",
    producerId: isRotated ? from.nextProducerId : from.producerId,
    producerEpoch: isRotated ? 0 : from.producerEpoch,
    nextProducerId: noProducerId,
    partitions: noPartitions,
    updatedAtMs: nowMs,
  });
}
