import { zeroUuid } from "../../base/uuid.ts";
import { type OffsetFetchGroup, type OffsetFetchGroupResponse } from "../../coordinator/group/fetch.ts";
import { type GroupCoordinator } from "../../coordinator/group/group-coordinator.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Handler } from "../handler.ts";
import { type MetadataCache } from "../metadata-cache.ts";

interface OffsetFetchDeps {
  readonly groups: GroupCoordinator;
  readonly cache: MetadataCache;
}

type TopicResponse = NonNullable<OffsetFetchGroupResponse["topics"]>[number];

/**
 * Where groups are. A group or partition without a committed offset has offset -1, which is no error.
 *
 * - v1 has no room for errors but in the partitions. v2: all topics of the group (`topics` null).
 * - v7: `requireStable` refuses partitions with offsets of an open transaction.
 * - v8: several groups. v10: topics by id, UNKNOWN_TOPIC_ID for ids that no topic has.
 */
export function offsetFetchHandler(deps: OffsetFetchDeps): Handler<"offsetFetch"> {
  return {
    api: "offsetFetch",
    async handle(request, { apiVersion }) {
      const answers = groupsOf(request, apiVersion).map((group) =>
        fetchGroup(deps, group, request.requireStable, apiVersion),
      );
      const groups = await Promise.all(answers);
      return apiVersion >= 8 ? { groups } : withoutGroups(groups[0]!);
    },
  };
}

/** Before version 8 a request is about one group, at the top. */
function groupsOf(request: ApiRequest<"offsetFetch">, apiVersion: number): OffsetFetchGroup[] {
  if (apiVersion >= 8) return request.groups;
  const topics = request.topics?.map((topic) => ({ ...topic, topicId: zeroUuid })) ?? null;
  return [{ groupId: request.groupId, memberId: null, memberEpoch: -1, topics }];
}

function withoutGroups({ errorCode, topics }: OffsetFetchGroupResponse): Draft<ApiResponse<"offsetFetch">> {
  return { errorCode, topics: topics?.map(({ name, partitions }) => ({ name, partitions })) };
}

async function fetchGroup(
  { groups, cache }: OffsetFetchDeps,
  group: OffsetFetchGroup,
  requireStable: boolean,
  apiVersion: number,
): Promise<OffsetFetchGroupResponse> {
  const named = apiVersion >= 10 ? withNames(cache, group) : group;
  const isKnown = ({ name }: { name: string }) => apiVersion < 10 || name !== "";
  const known = { ...named, topics: named.topics?.filter(isKnown) ?? null };
  const result = await groups.fetchOffsets(known, requireStable);
  if (!result.ok) return groupError(group, result.error, apiVersion);
  const found = result.response.topics ?? [];
  if (named.topics !== null) {
    const unknown = named.topics.filter((topic) => !isKnown(topic)).map(unknownTopic);
    return { ...result.response, topics: [...found, ...unknown] };
  }
  return { ...result.response, topics: apiVersion >= 10 ? withIds(cache, found) : found };
}

function withNames(cache: MetadataCache, group: OffsetFetchGroup): OffsetFetchGroup {
  const topics = group.topics?.map((topic) => ({ ...topic, name: cache.topicById(topic.topicId)?.name ?? "" }));
  return { ...group, topics: topics ?? null };
}

/** Offsets of a topic that was deleted cannot be told by id. */
function withIds(cache: MetadataCache, topics: readonly TopicResponse[]): TopicResponse[] {
  return topics.flatMap((topic) => {
    const found = cache.topic(topic.name ?? "");
    return found === undefined ? [] : [{ ...topic, topicId: found.id }];
  });
}

function unknownTopic({ topicId, partitionIndexes }: NonNullable<OffsetFetchGroup["topics"]>[number]): TopicResponse {
  return {
    topicId,
    name: "",
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      errorCode: Errors.UNKNOWN_TOPIC_ID,
    })),
  };
}

function groupError(
  { groupId, topics }: OffsetFetchGroup,
  errorCode: ErrorCode,
  apiVersion: number,
): OffsetFetchGroupResponse {
  if (apiVersion >= 2) return { groupId, errorCode };
  return {
    groupId,
    topics: topics?.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        errorCode,
        committedOffset: -1,
        metadata: "",
      })),
    })),
  };
}
