import { type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { type TransactionStatus } from "./transaction-status.ts";

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Partitions by topic, in the order in which they were added. */
export type TransactionPartitions = ReadonlyMap<string, readonly number[]>;

/** What is known of a transactional id: its producer, and its present or last transaction. Never changed, only replaced. */
export interface Transaction {
  readonly transactionalId: string;
  readonly producerId: ProducerId;
  /** The producer's id before the last record; the same most of the time. */
  readonly previousProducerId: ProducerId;
  /** The id that the producer goes on with when this transaction is complete; -1 when it keeps its own. */
  readonly nextProducerId: ProducerId;
  readonly producerEpoch: ProducerEpoch;
  /** The epoch before the last bump, from which a retry of the bump comes; -1 for none. Not in the log: lost by a restart. */
  readonly lastProducerEpoch: ProducerEpoch;
  readonly timeoutMs: number;
  readonly status: TransactionStatus;
  readonly partitions: TransactionPartitions;
  /** When its first partition was added; -1 before. */
  readonly startedAtMs: TimestampMs;
  readonly updatedAtMs: TimestampMs;
  /** Level of `transaction.version` of the client that changed it last: 2 bumps the epoch with every transaction. */
  readonly clientVersion: number;
}

export const noProducerId = -1;
export const noProducerEpoch = -1;
export const noPartitions: TransactionPartitions = new Map();
const producerEpochMax = 32_767;
/** Transactions of producers that take part in a two-phase commit have no timeout. */
export const noTimeoutMs = 2_147_483_647;

/** Whether the epoch is the last that a client may have: the one above it is for fencing that client. */
export function isEpochExhausted(producerEpoch: ProducerEpoch): boolean {
  return producerEpoch >= producerEpochMax - 1;
}

/** The next epoch; the highest there is has none, which only a bug elsewhere leads to. */
export function bumped(producerEpoch: ProducerEpoch): ProducerEpoch {
  return Math.min(producerEpoch + 1, producerEpochMax);
}

/** Whether an EndTxn of this level of `transaction.version` gives the producer a new epoch (KIP-890). */
export function bumpsEpoch(transactionVersion: number): boolean {
  return transactionVersion >= 2;
}

export function hasPartition(partitions: TransactionPartitions, { topic, partition }: TopicPartition): boolean {
  return partitions.get(topic)?.includes(partition) === true;
}

export function withPartitions(
  partitions: TransactionPartitions,
  added: readonly TopicPartition[],
): TransactionPartitions {
  const changed = new Map<string, Set<number>>();
  for (const { topic, partition } of added) {
    let indexes = changed.get(topic);
    if (indexes === undefined) changed.set(topic, (indexes = new Set(partitions.get(topic))));
    indexes.add(partition);
  }
  const all = new Map(partitions);
  for (const [topic, indexes] of changed) all.set(topic, [...indexes]);
  return all;
}

export function partitionsIn(partitions: TransactionPartitions): TopicPartition[] {
  const all: TopicPartition[] = [];
  for (const [topic, indexes] of partitions) for (const partition of indexes) all.push({ topic, partition });
  return all;
}
