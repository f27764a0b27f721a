import { type ApiRequest } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { recordsError } from "./produced-records.ts";

type Request = ApiRequest<"produce">;
type TopicData = Request["topicData"][number];
type PartitionData = TopicData["partitionData"][number];

/**
 * The request with each partition in it once: one that is named several times gets the records that stand there last, as
 * with Kafka, and one answer. Records that no partition takes win, since their error is the answer that Kafka gives.
 */
export function withoutRepetitions(request: Request, apiVersion: number): Request {
  if (!hasRepetitions(request.topicData)) return request;
  const topics = new Map<string, { readonly topic: TopicData; readonly partitions: Map<number, PartitionData> }>();
  for (const topic of request.topicData) {
    const key = keyOf(topic);
    let merged = topics.get(key);
    if (merged === undefined) topics.set(key, (merged = { topic, partitions: new Map() }));
    for (const data of topic.partitionData) {
      const earlier = merged.partitions.get(data.index);
      const isDecided = earlier !== undefined && recordsError(earlier.records, apiVersion) !== Errors.NONE;
      if (!isDecided) merged.partitions.set(data.index, data);
    }
  }
  const topicData = Array.from(topics.values(), ({ topic, partitions }) => ({
    ...topic,
    partitionData: [...partitions.values()],
  }));
  return { ...request, topicData };
}

/** Nothing is allocated for requests as most clients send them: few topics, their partitions in order. */
function hasRepetitions(topicData: readonly TopicData[]): boolean {
  for (const { partitionData } of topicData) {
    if (!ascends(partitionData) && new Set(partitionData.map(({ index }) => index)).size < partitionData.length) {
      return true;
    }
  }
  return topicData.length > 1 && new Set(topicData.map(keyOf)).size < topicData.length;
}

function ascends(partitionData: readonly PartitionData[]): boolean {
  for (let at = 1; at < partitionData.length; at++) {
    if (partitionData[at]!.index <= partitionData[at - 1]!.index) return false;
  }
  return true;
}

/** Up to v12 a topic has a name, from then on an id. */
function keyOf({ name, topicId }: TopicData): string {
  return `${topicId}/${name}`;
}
