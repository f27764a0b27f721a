import { type Uuid } from "../../../base/brand.ts";
import { type ApiResponse } from "../../../protocol/apis.ts";
import { type Cluster, isTransient } from "../cluster.ts";
import { type TopicPartition } from "../topic-partition.ts";

/** What the coordinator wants to be ours: partitions by the ids of their topics. */
export type TargetAssignment = ReadonlyMap<Uuid, readonly number[]>;

export interface ResolvedTarget {
  readonly partitions: readonly TopicPartition[];
  /** The part of the target of which the topics are known. */
  readonly known: TargetAssignment;
  /** That is all of it. */
  readonly isComplete: boolean;
}

type Told = NonNullable<ApiResponse<"consumerGroupHeartbeat">["assignment"]>;

export function targetOf({ topicPartitions }: Told): TargetAssignment {
  return new Map(topicPartitions.map(({ topicId, partitions }) => [topicId, partitions]));
}

export function areSame(one: TargetAssignment, other: TargetAssignment): boolean {
  if (one.size !== other.size) return false;
  const sorted = (partitions: readonly number[] = []) => [...partitions].sort((a, b) => a - b).join();
  return [...one].every(([id, partitions]) => other.has(id) && sorted(partitions) === sorted(other.get(id)));
}

/**
 * The names of topics are looked up once; an assignment of topics that are unknown even then is taken in part.
 * @param names of the topics that are subscribed to
 */
export async function resolveTarget(
  cluster: Cluster,
  names: readonly string[],
  target: TargetAssignment,
): Promise<ResolvedTarget> {
  const isKnown = (id: Uuid) => cluster.topicNameOf(id) !== undefined;
  if (![...target.keys()].every(isKnown)) {
    await cluster.refreshTopics(names, false).catch((error: unknown) => {
      if (!isTransient(error)) throw error;
    });
  }
  const known = new Map([...target].filter(([id]) => isKnown(id)));
  const partitions = [...known].flatMap(([id, indexes]) => {
    const topic = cluster.topicNameOf(id) ?? "";
    return indexes.map((partition) => ({ topic, partition }));
  });
  return { partitions, known, isComplete: known.size === target.size };
}
