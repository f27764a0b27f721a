import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

type TopicResponse = ApiResponse<"offsetDelete">["topics"][number];

/**
 * Forgets committed offsets of partitions that exist. GROUP_SUBSCRIBED_TO_TOPIC for topics that members of the group read,
 * NON_EMPTY_GROUP for all when what they read is not known.
 */
export function offsetDeleteHandler(deps: { groups: GroupCoordinator; cache: MetadataCache }): Handler<"offsetDelete"> {
  return {
    api: "offsetDelete",
    async handle(request) {
      const unknown: TopicResponse[] = [];
      const topics = request.topics.map((topic) => withExisting(deps.cache, topic, unknown));
      const existing = topics.filter(({ partitions }) => partitions.length > 0);
      const response = await deps.groups.deleteOffsets({ ...request, topics: existing });
      if ((response.errorCode ?? Errors.NONE) !== Errors.NONE) return response;
      const answers = new Map<string, TopicResponse["partitions"]>();
      for (const { name, partitions } of [...unknown, ...((response.topics ?? []) as TopicResponse[])]) {
        answers.set(name, [...(answers.get(name) ?? []), ...partitions]);
      }
      return { topics: [...answers].map(([name, partitions]) => ({ name, partitions })) };
    },
  };
}

type Topic = ApiRequest<"offsetDelete">["topics"][number];

function withExisting(cache: MetadataCache, topic: Topic, unknown: TopicResponse[]): Topic {
  const existing = cache.topic(topic.name)?.partitions;
  const missing = topic.partitions.filter(({ partitionIndex }) => existing?.[partitionIndex] === undefined);
  // A topic that is not there is told of even when no partition of it was asked for.
  if (existing === undefined || missing.length > 0) {
    const errorCode = Errors.UNKNOWN_TOPIC_OR_PARTITION;
    unknown.push({
      name: topic.name,
      partitions: missing.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    });
  }
  return { ...topic, partitions: topic.partitions.filter((partition) => !missing.includes(partition)) };
}
