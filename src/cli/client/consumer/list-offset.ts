import { type Cluster } from "../cluster.ts";
import { DisconnectError, throwIfError } from "../kafka-error.ts";

/** Stand for offsets where a request takes a timestamp. */
export const specialTimestamps = { latest: -1, earliest: -2 } as const;

/**
 * The first offset at or after a time, or the one that a special timestamp stands for; undefined when there is none.
 * @throws DisconnectError while nobody leads the partition
 */
export async function listOffset(
  cluster: Cluster,
  topic: string,
  partition: number,
  timestamp: number,
  readCommitted: boolean,
): Promise<number | undefined> {
  const info = cluster.topic(topic)?.partitions[partition];
  if (info === undefined || info.leaderId < 0) {
    cluster.forgetTopic(topic);
    throw new DisconnectError(`${topic}-${partition} has no leader`);
  }
  const connection = await cluster.connectionTo(info.leaderId);
  const answer = await connection.send("listOffsets", {
    replicaId: -1,
    isolationLevel: readCommitted ? 1 : 0,
    topics: [
      { name: topic, partitions: [{ partitionIndex: partition, currentLeaderEpoch: info.leaderEpoch, timestamp }] },
    ],
    timeoutMs: cluster.options.requestTimeoutMs,
  });
  const result = answer.topics[0]?.partitions[0];
  if (result === undefined) throw new DisconnectError();
  if (result.errorCode !== 0) cluster.forgetTopic(topic);
  throwIfError(result.errorCode);
  return result.offset < 0 ? undefined : result.offset;
}
