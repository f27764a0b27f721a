import { consumerOffsetsTopic } from "../../base/topic-name.ts";
import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type TransactionCoordinator } from "../../coordinator/transaction/transaction-coordinator.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";

/**
 * Makes the partition with a group's offsets part of a transaction; producers of transaction version 2 do without.
 *
 * - v2: PRODUCER_FENCED, which is INVALID_PRODUCER_EPOCH before.
 */
export function addOffsetsToTxnHandler(deps: {
  transactions: TransactionCoordinator;
  groups: GroupCoordinator;
}): Handler<"addOffsetsToTxn"> {
  return {
    api: "addOffsetsToTxn",
    async handle({ transactionalId, producerId, producerEpoch, groupId }, { apiVersion }) {
      const errorCode = await deps.transactions.addPartitionsPatiently({
        transactionalId,
        producerId,
        producerEpoch,
        partitions: [{ topic: consumerOffsetsTopic, partition: deps.groups.partitionFor(groupId) }],
        clientVersion: 0,
      });
      const isFenced = errorCode === Errors.PRODUCER_FENCED && apiVersion < 2;
      return { errorCode: isFenced ? Errors.INVALID_PRODUCER_EPOCH : errorCode };
    },
  };
}
