import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { type PartitionLookup } from "../partition-lookup.ts";

/**
 * Where an epoch ends in the leader's log: the first offset after its last record. A client or a replica whose own end of
 * that epoch is later has records that were never committed. An epoch that the leader does not have is answered with the
 * largest one below it; a newer one with -1.
 */
export function offsetForLeaderEpochHandler({ lookup }: { lookup: PartitionLookup }): Handler<"offsetForLeaderEpoch"> {
  return {
    api: "offsetForLeaderEpoch",
    handle: (request) => ({
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition: index, currentLeaderEpoch, leaderEpoch: epoch }) => {
          const partition = lookup.leaderByName(topic, index, currentLeaderEpoch);
          if (typeof partition === "number") {
            return { partition: index, errorCode: partition, leaderEpoch: -1, endOffset: -1 };
          }
          const { leaderEpoch, endOffset } = partition.endOffsetFor(epoch);
          return { partition: index, errorCode: Errors.NONE, leaderEpoch, endOffset };
        }),
      })),
    }),
  };
}
