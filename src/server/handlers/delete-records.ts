import { isInternalTopic } from "../../base/topic-name.ts";
import { Errors } from "../../protocol/errors.ts";
import { type DeletionResult, PendingDeletion } from "../../replication/pending-deletion.ts";
import { type RequestDeadlines } from "../../replication/request-deadlines.ts";
import { type Handler } from "../handler.ts";
import { type PartitionLookup } from "../partition-lookup.ts";

export interface DeleteRecordsDeps {
  readonly lookup: PartitionLookup;
  readonly deadlines: RequestDeadlines;
}

/**
 * Moves the log's start up to an offset (-1: the high watermark), so that the records before it can be deleted.
 *
 * - OFFSET_OUT_OF_RANGE above the high watermark, POLICY_VIOLATION where `cleanup.policy` is compact alone,
 *   INVALID_TOPIC_EXCEPTION for internal topics.
 * - Of a replica that moves to another directory it waits for the copy, at most for the request's timeout: REQUEST_TIMED_OUT
 *   says that the copy may still have the records.
 */
export function deleteRecordsHandler({ lookup, deadlines }: DeleteRecordsDeps): Handler<"deleteRecords"> {
  return {
    api: "deleteRecords",
    handle(request) {
      const pending = new PendingDeletion(deadlines);
      const deleted = request.topics.map(({ name, partitions }) => ({
        name,
        results: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          result: deleteBefore(lookup, pending, name, partitionIndex, offset),
        })),
      }));
      const answer = () => ({
        topics: deleted.map(({ name, results }) => ({
          name,
          partitions: results.map(({ partitionIndex, result }) => ({ partitionIndex, ...result })),
        })),
      });
      return pending.isDone ? answer() : pending.wait(request.timeoutMs).then(answer);
    },
  };
}

function deleteBefore(
  lookup: PartitionLookup,
  pending: PendingDeletion,
  topic: string,
  index: number,
  offset: number,
): DeletionResult {
  const partition = lookup.leaderByName(topic, index);
  if (partition === Errors.UNKNOWN_TOPIC_OR_PARTITION) return { errorCode: partition, lowWatermark: -1 };
  if (isInternalTopic(topic)) return { errorCode: Errors.INVALID_TOPIC_EXCEPTION, lowWatermark: -1 };
  if (typeof partition === "number") return { errorCode: partition, lowWatermark: -1 };
  const { isCompacted, isDeleted } = partition.log.config;
  if (isCompacted && !isDeleted) return { errorCode: Errors.POLICY_VIOLATION, lowWatermark: -1 };
  return pending.add(partition, partition.deleteRecordsBefore(offset));
}
