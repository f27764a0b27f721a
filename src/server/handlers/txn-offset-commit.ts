import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

type Topic = ApiRequest<"txnOffsetCommit">["topics"][number];
type TopicResponse = ApiResponse<"txnOffsetCommit">["topics"][number];

/**
 * Remembers, with the commit of a transaction, where a group is in partitions that exist.
 *
 * - v0–1: a loading coordinator is "not available", which those clients know.
 * - v2: leader epochs. v3: the group's member and generation. v4: errors that a transaction may be aborted for.
 * - v5: no AddOffsetsToTxn comes before (transaction version 2).
 */
export function txnOffsetCommitHandler(deps: {
  groups: GroupCoordinator;
  cache: MetadataCache;
}): Handler<"txnOffsetCommit"> {
  return {
    api: "txnOffsetCommit",
    async handle(request, { apiVersion }) {
      const answers = new Map<string, TopicResponse["partitions"]>();
      const topics = request.topics.flatMap((topic) => existing(deps.cache, topic, answers));
      if (topics.length > 0) {
        const response = await deps.groups.commitTransactionalOffsets({ ...request, topics }, apiVersion);
        merge(answers, response, apiVersion);
      }
      return { topics: [...answers].map(([name, partitions]) => ({ name, partitions })) };
    },
  };
}

/** The topic with those of its partitions that exist; what does not is answered. */
function existing(cache: MetadataCache, topic: Topic, answers: Map<string, TopicResponse["partitions"]>): Topic[] {
  const known = cache.topic(topic.name)?.partitions ?? [];
  const partitions = topic.partitions.filter(({ partitionIndex }) => {
    const exists = known[partitionIndex] !== undefined;
    if (!exists) add(answers, topic.name, partitionIndex, Errors.UNKNOWN_TOPIC_OR_PARTITION);
    return exists;
  });
  return partitions.length === 0 ? [] : [{ name: topic.name, partitions }];
}

function merge(
  answers: Map<string, TopicResponse["partitions"]>,
  { topics = [] }: Draft<ApiResponse<"txnOffsetCommit">>,
  apiVersion: number,
): void {
  for (const { name = "", partitions = [] } of topics) {
    for (const { partitionIndex = 0, errorCode = 0 } of partitions) {
      const isOldAndLoading = apiVersion < 2 && errorCode === Errors.COORDINATOR_LOAD_IN_PROGRESS;
      add(answers, name, partitionIndex, isOldAndLoading ? Errors.COORDINATOR_NOT_AVAILABLE : errorCode);
    }
  }
}

function add(
  answers: Map<string, TopicResponse["partitions"]>,
  name: string,
  partitionIndex: number,
  errorCode: number,
): void {
  const partitions = answers.get(name);
  if (partitions === undefined) answers.set(name, [{ partitionIndex, errorCode }]);
  else partitions.push({ partitionIndex, errorCode });
}
