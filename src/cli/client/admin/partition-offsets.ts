import { Errors } from "../../../protocol/errors.ts";
import { type TellDone } from "../../command/status-line.ts";
import { type Cluster, isTransient } from "../cluster.ts";
import { ClientError, DisconnectError, KafkaError } from "../kafka-error.ts";
import { byTopic, partitionName, type TopicPartition } from "../topic-partition.ts";

/** What a request takes in place of a timestamp. */
export const offsetSpecs = {
  latest: -1,
  earliest: -2,
  "max-timestamp": -3,
  "earliest-local": -4,
  "latest-tiered": -5,
  "earliest-pending-upload": -6,
} as const;

/**
 * Asks the leaders of partitions for the offset at a time, or for the one that a special timestamp stands for.
 * @param tell takes how many partitions are answered for, each time that a leader answered
 * @returns by name of the partition: -1 where there is no such offset, the error where there is no answer
 */
export async function listOffsets(
  cluster: Cluster,
  timeoutMs: number,
  partitions: readonly TopicPartition[],
  timestamp: number,
  tell?: TellDone,
): Promise<Map<string, number | ClientError>> {
  const results = new Map<string, number | ClientError>();
  if (partitions.length === 0) return results;
  const isOpen = (partition: TopicPartition): boolean => {
    const result = results.get(partitionName(partition));
    return result === undefined || isTransient(result);
  };
  try {
    await cluster.retry("Timed out waiting for a node assignment. Call: listOffsets", timeoutMs, async () => {
      const open = partitions.filter(isOpen);
      const leaders = await leadersOf(cluster, open);
      for (const [leader, led] of leaders) {
        const found = await ask(cluster, leader, led, timestamp);
        for (const [name, result] of found) results.set(name, result);
        await tell?.(results.size);
      }
      const failure = open.map((partition) => results.get(partitionName(partition))).find(isTransient);
      if (open.some(isOpen)) throw failure ?? new KafkaError(Errors.UNKNOWN_TOPIC_OR_PARTITION);
    });
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
    for (const partition of partitions) {
      if (!results.has(partitionName(partition))) results.set(partitionName(partition), error);
    }
  }
  return results;
}

/** The partitions that somebody leads, by leader. */
async function leadersOf(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Map<number, TopicPartition[]>> {
  const topics = await cluster.refreshTopics([...byTopic(partitions).keys()], false);
  const leaders = new Map<number, TopicPartition[]>();
  for (const partition of partitions) {
    const info = topics
      .find(({ name }) => name === partition.topic)
      ?.partitions.find(({ index }) => index === partition.partition);
    if (info === undefined || info.leaderId < 0) continue;
    leaders.set(info.leaderId, [...(leaders.get(info.leaderId) ?? []), partition]);
  }
  return leaders;
}

async function ask(
  cluster: Cluster,
  leader: number,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<Map<string, number | KafkaError>> {
  const connection = await cluster.connectionTo(leader);
  const answer = await connection.send("listOffsets", {
    replicaId: -1,
    isolationLevel: 0,
    topics: [...byTopic(partitions)].map(([name, its]) => ({
      name,
      partitions: its.map(({ partition }) => ({ partitionIndex: partition, currentLeaderEpoch: -1, timestamp })),
    })),
    timeoutMs: cluster.options.requestTimeoutMs,
  });
  if (answer.topics.length === 0) throw new DisconnectError();
  return new Map(
    answer.topics.flatMap(({ name: topic, partitions: its }) =>
      its.map(({ partitionIndex: partition, errorCode, offset }): [string, number | KafkaError] => [
        partitionName({ topic, partition }),
        errorCode === Errors.NONE ? offset : new KafkaError(errorCode),
      ]),
    ),
  );
}
