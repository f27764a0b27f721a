import { type Uuid } from "../../base/brand.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

type Topic = ApiRequest<"offsetCommit">["topics"][number];
type TopicResponse = ApiResponse<"offsetCommit">["topics"][number];

/**
 * Remembers where a group is in partitions that exist: UNKNOWN_TOPIC_OR_PARTITION for others, UNKNOWN_TOPIC_ID for ids that
 * no topic has.
 *
 * - v2–4 may say how long an offset is to be kept. v6: leader epochs. v7: static members. v10: topics by id.
 */
export function offsetCommitHandler(deps: { groups: GroupCoordinator; cache: MetadataCache }): Handler<"offsetCommit"> {
  return {
    api: "offsetCommit",
    async handle(request, { apiVersion }) {
      const answers = new Answers(apiVersion >= 10);
      const topics = request.topics.flatMap((topic) => checkTopic(deps.cache, topic, apiVersion, answers));
      if (topics.length > 0) {
        const response = await deps.groups.commitOffsets({ ...request, topics }, apiVersion);
        answers.merge(response);
      }
      return { topics: answers.topics };
    },
  };
}

/** The topic with both name and id and those of its partitions that exist; what does not is answered. */
function checkTopic(cache: MetadataCache, topic: Topic, apiVersion: number, answers: Answers): Topic[] {
  const usesIds = apiVersion >= 10;
  const found = usesIds ? cache.topicById(topic.topicId) : cache.topic(topic.name);
  if (found === undefined) {
    const error = usesIds ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
    for (const { partitionIndex } of topic.partitions) answers.add(topic.topicId, topic.name, partitionIndex, error);
    return [];
  }
  const partitions = topic.partitions.filter(({ partitionIndex }) => {
    const exists = found.partitions[partitionIndex] !== undefined;
    if (!exists) answers.add(found.id, found.name, partitionIndex, Errors.UNKNOWN_TOPIC_OR_PARTITION);
    return exists;
  });
  return partitions.length === 0 ? [] : [{ name: found.name, topicId: found.id, partitions }];
}

/** Gathers the answers of partitions, each topic once. */
class Answers {
  readonly topics: TopicResponse[] = [];
  readonly #usesIds: boolean;
  readonly #byKey = new Map<string, TopicResponse>();

  constructor(usesIds: boolean) {
    this.#usesIds = usesIds;
  }

  add(topicId: Uuid, name: string, partitionIndex: number, errorCode: ErrorCode): void {
    this.#topic(topicId, name).partitions.push({ partitionIndex, errorCode });
  }

  merge({ topics }: Draft<ApiResponse<"offsetCommit">>): void {
    for (const { topicId = zeroUuid, name = "", partitions = [] } of topics ?? []) {
      const topic = this.#topic(topicId, name);
      for (const { partitionIndex = 0, errorCode = 0 } of partitions)
        topic.partitions.push({ partitionIndex, errorCode });
    }
  }

  #topic(topicId: Uuid, name: string): TopicResponse {
    const key = this.#usesIds ? topicId : name;
    let topic = this.#byKey.get(key);
    if (topic === undefined) {
      topic = { topicId, name, partitions: [] };
      this.#byKey.set(key, topic);
      this.topics.push(topic);
    }
    return topic;
  }
}
