import { isInternalTopic, topicNameProblem } from "../../base/topic-name.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type TopicImage } from "../../metadata/image/topics-image.ts";
import { endpointOf } from "../../metadata/image/cluster-image.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { allTopicOperations } from "../authorized-operations.ts";
import { type Handler } from "../handler.ts";
import { offlineReplicas, type MetadataCache } from "../metadata-cache.ts";

export interface DescribeTopicPartitionsDeps {
  readonly cache: MetadataCache;
  /** `max.request.partition.size.limit` */
  readonly partitionsMax: number;
}

type Request = ApiRequest<"describeTopicPartitions">;
type Response = Draft<ApiResponse<"describeTopicPartitions">>;
type Topic = NonNullable<Response["topics"]>[number];
type Partition = NonNullable<Topic["partitions"]>[number];

/**
 * Topics with their partitions, a page at a time (KIP-966): topics in the order of their names, from the cursor on. A page
 * ends when it holds as many partitions as client and broker allow; `nextCursor` says where the next begins, which need not
 * be a topic that exists.
 *
 * - No topics named means all. Named topics that are missing are errors; of all topics there are none missing.
 * - INVALID_REQUEST for each topic when the cursor's topic is not among those named, or its partition is negative.
 */
export function describeTopicPartitionsHandler(deps: DescribeTopicPartitionsDeps): Handler<"describeTopicPartitions"> {
  return {
    api: "describeTopicPartitions",
    handle(request, { listenerName }) {
      const image = deps.cache.image;
      const { cursor } = request;
      const asksAll = request.topics.length === 0;
      const from = cursor?.topicName ?? "";
      const all = asksAll ? [...image.topics.byName.keys()] : request.topics.map(({ name }) => name);
      const names = [...new Set(all)].filter((name) => name >= from).sort(byCodeUnits);
      if (cursor !== null && ((!asksAll && !names.includes(from)) || cursor.partitionIndex < 0)) {
        return invalidRequest(request);
      }
      const limit = Math.max(1, Math.min(deps.partitionsMax, request.responsePartitionLimit));
      const topics: Topic[] = [];
      let room = limit;
      for (const name of names) {
        if (room === 0) return { topics, nextCursor: { topicName: name, partitionIndex: 0 } };
        const topic = image.topics.byName.get(name);
        if (topic === undefined) {
          if (!asksAll) topics.push(missingTopic(name));
          continue;
        }
        const start = cursor?.topicName === name ? cursor.partitionIndex : 0;
        const end = Math.min(topic.partitions.length, start + room);
        topics.push(topicOf(image, topic, start, end, listenerName));
        if (end < topic.partitions.length) return { topics, nextCursor: { topicName: name, partitionIndex: end } };
        room -= Math.max(0, end - start);
      }
      return { topics };
    },
  };
}

/** Java's order of strings. */
function byCodeUnits(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function invalidRequest(request: Request): Response {
  return { topics: request.topics.map(({ name }) => ({ name, errorCode: Errors.INVALID_REQUEST })) };
}

function missingTopic(name: string): Topic {
  const isValid = topicNameProblem(name) === undefined;
  return {
    errorCode: isValid ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.INVALID_TOPIC_EXCEPTION,
    name,
    isInternal: isInternalTopic(name),
    topicAuthorizedOperations: allTopicOperations,
  };
}

function topicOf(image: MetadataImage, topic: TopicImage, start: number, end: number, listenerName: string): Topic {
  const partitions: Partition[] = [];
  for (let partitionIndex = start; partitionIndex < end; partitionIndex++) {
    const partition = topic.partitions[partitionIndex]!;
    const leader = image.cluster.brokers.get(partition.leader);
    partitions.push({
      partitionIndex,
      leaderId: leader !== undefined && endpointOf(leader, listenerName) !== undefined ? partition.leader : -1,
      leaderEpoch: partition.leaderEpoch,
      replicaNodes: partition.replicas,
      isrNodes: partition.isr,
      eligibleLeaderReplicas: partition.elr,
      lastKnownElr: partition.lastKnownElr,
      offlineReplicas: offlineReplicas(image, partition, listenerName),
    });
  }
  return {
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions,
    topicAuthorizedOperations: allTopicOperations,
  };
}
