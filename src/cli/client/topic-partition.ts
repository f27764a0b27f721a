export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A partition as Kafka's tools and messages name it; also a key of it. */
export function partitionName({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

/** The partitions of each topic, topics in the order in which they come up. */
export function byTopic<T extends TopicPartition>(partitions: readonly T[]): Map<string, T[]> {
  const topics = new Map<string, T[]>();
  for (const partition of partitions) {
    const its = topics.get(partition.topic);
    if (its === undefined) topics.set(partition.topic, [partition]);
    else its.push(partition);
  }
  return topics;
}
