import { codecOf } from "../../protocol/codec.ts";
import { DecodeError, Reader } from "../../protocol/reader.ts";
import { inRange } from "../../protocol/schema.ts";
import { transactionLogKey, transactionLogValue } from "../../protocol/transaction-records/transaction-log.ts";
import { Writer } from "../../protocol/writer.ts";
import { idOf, statusOf } from "./transaction-status.ts";
import { noPartitions, noProducerEpoch, type Transaction } from "./transaction.ts";

/** A record of `__transaction_state`: all of the transaction as it is from there on; null is a tombstone. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly transaction: Transaction | null;
  /** Of the value: 1 can hold more, from `transaction.version` 1 on. */
  readonly version: number;
}

/** The version of the values that a cluster with this level of `transaction.version` writes. */
export function recordVersionOf(transactionVersion: number): number {
  return transactionVersion >= 1 ? 1 : 0;
}

export function encodeTransactionRecord(record: TransactionRecord): { key: Buffer; value: Buffer | null } {
  const writer = new Writer();
  writer.int16(transactionLogKey.key);
  codecOf(transactionLogKey, 0).encode(writer, { transactionalId: record.transactionalId });
  const { transaction, version } = record;
  return { key: writer.toBuffer(), value: transaction === null ? null : encodeValue(transaction, version) };
}

function encodeValue(transaction: Transaction, version: number): Buffer {
  const writer = new Writer();
  writer.int16(version);
  const { previousProducerId, nextProducerId, clientVersion, partitions } = transaction;
  codecOf(transactionLogValue, version).encode(writer, {
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStatus: idOf(transaction.status),
    transactionPartitions:
      transaction.status === "Empty"
        ? null
        : [...partitions].map(([topic, partitionIds]) => ({ topic, partitionIds: [...partitionIds] })),
    transactionLastUpdateTimestampMs: transaction.updatedAtMs,
    transactionStartTimestampMs: transaction.startedAtMs,
    ...(version >= 1 ? { previousProducerId, nextProducerId, clientTransactionVersion: clientVersion } : {}),
  });
  return writer.toBuffer();
}

/**
 * undefined when the type of the key or the version of the value is not known, as after an upgrade that was taken back.
 * @throws DecodeError when key or value are malformed
 */
export function decodeTransactionRecord(key: Buffer, value: Buffer | null): TransactionRecord | undefined {
  const reader = new Reader(key);
  if (reader.int16() !== transactionLogKey.key) return undefined;
  const { transactionalId } = codecOf(transactionLogKey, 0).decode(reader);
  if (value === null) return { transactionalId, transaction: null, version: 0 };
  const valueReader = new Reader(value);
  const version = valueReader.int16();
  if (!inRange(transactionLogValue.versions, version)) return undefined;
  return { transactionalId, transaction: decodeValue(transactionalId, valueReader, version), version };
}

function decodeValue(transactionalId: string, reader: Reader, version: number): Transaction {
  const value = codecOf(transactionLogValue, version).decode(reader);
  const status = statusOf(value.transactionStatus);
  if (status === undefined) throw new DecodeError(`unknown transaction status ${value.transactionStatus}`);
  const partitions = status === "Empty" ? null : value.transactionPartitions;
  return {
    transactionalId,
    producerId: value.producerId,
    previousProducerId: value.previousProducerId,
    nextProducerId: value.nextProducerId,
    producerEpoch: value.producerEpoch,
    lastProducerEpoch: noProducerEpoch,
    timeoutMs: value.transactionTimeoutMs,
    status,
    partitions:
      partitions === null ? noPartitions : new Map(partitions.map(({ topic, partitionIds }) => [topic, partitionIds])),
    startedAtMs: value.transactionStartTimestampMs,
    updatedAtMs: value.transactionLastUpdateTimestampMs,
    clientVersion: value.clientTransactionVersion,
  };
}
