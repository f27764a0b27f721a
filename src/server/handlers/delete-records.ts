import { isInternalTopic } from "../../base/topic-name.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { type PartitionLookup } from "../partition-lookup.ts";

/**
 * Moves the log's start up to an offset (-1: the high watermark), so that the records before it can be deleted.
 *
 * - OFFSET_OUT_OF_RANGE above the high watermark, POLICY_VIOLATION where `cleanup.policy` is compact alone,
 *   INVALID_TOPIC_EXCEPTION for internal topics.
 */
export function deleteRecordsHandler({ lookup }: { lookup: PartitionLookup }): Handler<"deleteRecords"> {
  return {
    api: "deleteRecords",
    handle: (request) => ({
      topics: request.topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, offset }) => ({
          partitionIndex,
          ...deleteBefore(lookup, name, partitionIndex, offset),
        })),
      })),
    }),
  };
}

interface Deleted {
  readonly errorCode: ErrorCode;
  readonly lowWatermark: number;
}

function deleteBefore(lookup: PartitionLookup, topic: string, index: number, offset: number): Deleted {
  const partition = lookup.leaderByName(topic, index);
  if (partition === Errors.UNKNOWN_TOPIC_OR_PARTITION) return { errorCode: partition, lowWatermark: -1 };
  if (isInternalTopic(topic)) return { errorCode: Errors.INVALID_TOPIC_EXCEPTION, lowWatermark: -1 };
  if (typeof partition === "number") return { errorCode: partition, lowWatermark: -1 };
  const { isCompacted, isDeleted } = partition.log.config;
  if (isCompacted && !isDeleted) return { errorCode: Errors.POLICY_VIOLATION, lowWatermark: -1 };
  return partition.deleteRecordsBefore(offset);
}
