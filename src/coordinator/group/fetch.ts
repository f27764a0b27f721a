import { type Uuid } from "../../base/brand.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { type View } from "../../base/timeline-map.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { consumerFetchProblem } from "./consumer/offset-check.ts";
import { type GroupState } from "./group-state.ts";
import { type CommittedOffset } from "./offset-store.ts";

export type OffsetFetchGroup = ApiRequest<"offsetFetch">["groups"][number];
export type OffsetFetchGroupResponse = Draft<ApiResponse<"offsetFetch">["groups"][number]>;
type PartitionResponse = Draft<ApiResponse<"offsetFetch">["groups"][number]["topics"][number]["partitions"][number]>;

/**
 * The committed offsets of one group, of some topics (names and, when known, ids set) or, `topics` null, of all.
 * With the view "latest" the caller wants stable ones: partitions that an open transaction has offsets for are refused.
 */
export function fetchOffsets(state: GroupState, request: OffsetFetchGroup, view: View): OffsetFetchGroupResponse {
  const { groupId } = request;
  const group = state.groups.get(groupId, view);
  if (group?.type === "consumer") {
    const errorCode = consumerFetchProblem(group, request.memberId, request.memberEpoch, view);
    if (errorCode !== undefined) return { groupId, errorCode };
  }
  const topics =
    request.topics === null ? allTopics(state, groupId, view) : someTopics(state, groupId, request.topics, view);
  return { groupId, topics };
}

function someTopics(
  state: GroupState,
  groupId: string,
  topics: NonNullable<OffsetFetchGroup["topics"]>,
  view: View,
): NonNullable<OffsetFetchGroupResponse["topics"]> {
  const offsets = state.offsets.topicsOf(groupId, view);
  return topics.map(({ name, topicId, partitionIndexes }) => {
    const partitions = offsets?.get(name, view);
    return {
      name,
      topicId,
      partitions: partitionIndexes.map((partition) => {
        if (isUnstable(state, groupId, name, partition, view)) return unstable(partition);
        const committed = partitions?.get(partition, view);
        const isOfOther = committed !== undefined && areDifferentTopics(committed.topicId, topicId);
        return isOfOther ? partitionResponse(partition, undefined) : partitionResponse(partition, committed);
      }),
    };
  });
}

function allTopics(state: GroupState, groupId: string, view: View): NonNullable<OffsetFetchGroupResponse["topics"]> {
  const topics = state.offsets.topicsOf(groupId, view);
  return [...(topics?.entries(view) ?? [])].map(([name, partitions]) => ({
    name,
    topicId: zeroUuid,
    partitions: [...partitions.entries(view)].map(([partition, committed]) =>
      isUnstable(state, groupId, name, partition, view) ? unstable(partition) : partitionResponse(partition, committed),
    ),
  }));
}

function isUnstable(state: GroupState, groupId: string, topic: string, partition: number, view: View): boolean {
  return view === "latest" && state.offsets.hasPendingAt(groupId, topic, partition);
}

/** A topic that was deleted and made anew has no offsets yet. */
function areDifferentTopics(committed: Uuid, asked: Uuid): boolean {
  return committed !== zeroUuid && asked !== zeroUuid && committed !== asked;
}

function partitionResponse(partitionIndex: number, committed: CommittedOffset | undefined): PartitionResponse {
  return {
    partitionIndex,
    committedOffset: committed?.offset ?? -1,
    committedLeaderEpoch: committed?.leaderEpoch ?? -1,
    metadata: committed?.metadata ?? "",
  };
}

function unstable(partitionIndex: number): PartitionResponse {
  return { ...partitionResponse(partitionIndex, undefined), errorCode: Errors.UNSTABLE_OFFSET_COMMIT };
}
