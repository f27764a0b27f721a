import { type TimestampMs } from "../../base/brand.ts";
import { zeroUuid } from "../../base/uuid.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { commitOffset } from "./commit-offset.ts";
import { consumerCommitProblem, type CommittedPartition } from "./consumer/offset-check.ts";
import { type GroupTurn } from "./group-state.ts";
import { memberProblem } from "./member-check.ts";
import { renewSession } from "./rebalance.ts";

export type OffsetCommitResponse = Draft<ApiResponse<"offsetCommit">>;

/**
 * Commits offsets of topics that the caller has checked, names and ids both set. Consumers that assign themselves their
 * partitions commit with generation -1 and no member id.
 */
export function commitOffsets(
  turn: GroupTurn,
  request: ApiRequest<"offsetCommit">,
  apiVersion: number,
  ticket: Ticket<OffsetCommitResponse>,
): void {
  const problem = commitProblem(turn, request, apiVersion);
  if (problem !== undefined) {
    turn.reply(ticket, commitError(request, problem));
    return;
  }
  const { groupId: group, retentionTimeMs } = request;
  const expires = expireTimestamp(turn.nowMs, retentionTimeMs);
  const topics = request.topics.map(({ name: topic, topicId, partitions }) => {
    // The record version that has an expiry time has no room for the id.
    const target = { group, topic, topicId: expires === -1 ? topicId : zeroUuid, expireTimestamp: expires };
    return {
      name: topic,
      topicId,
      partitions: partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: commitOffset(turn, target, partition),
      })),
    };
  });
  turn.reply(ticket, { topics });
}

/** The response when all of a commit is refused for one reason. */
export function commitError(request: ApiRequest<"offsetCommit">, errorCode: ErrorCode): OffsetCommitResponse {
  return {
    topics: request.topics.map(({ name, topicId, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

function commitProblem(
  turn: GroupTurn,
  request: ApiRequest<"offsetCommit">,
  apiVersion: number,
): ErrorCode | undefined {
  const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generation } = request;
  const existing = turn.state.groups.get(groupId);
  if (existing === undefined) {
    if (generation >= 0) return apiVersion >= 9 ? Errors.GROUP_ID_NOT_FOUND : Errors.ILLEGAL_GENERATION;
    // Also when none of the offsets is taken.
    turn.state.makeSimpleGroup(groupId);
    return undefined;
  }
  if (existing.type === "consumer") {
    const committer = { memberId, instanceId: groupInstanceId, epoch: generation, isTransactional: false, apiVersion };
    return consumerCommitProblem(existing, committer, checkedPartitions(turn, request));
  }
  // Of a group of another protocol no member can be alive here: it counts as empty.
  if (existing.type !== "classic") return generation < 0 ? undefined : Errors.UNKNOWN_MEMBER_ID;
  if (generation < 0 && existing.state === "Empty") return undefined;
  if (generation < 0 && memberId === "" && groupInstanceId === null) {
    // The group has members, and this is none of them.
    return Errors.UNKNOWN_MEMBER_ID;
  }
  const problem = memberProblem(existing, memberId, groupInstanceId);
  if (problem !== undefined) return problem;
  if (generation !== existing.generation) return Errors.ILLEGAL_GENERATION;
  if (existing.state === "CompletingRebalance") return Errors.REBALANCE_IN_PROGRESS;
  const member = existing.members.get(memberId)!;
  renewSession(turn, groupId, memberId, member.sessionTimeoutMs);
  return undefined;
}

/** The partitions whose metadata can be taken: of the others it is not asked whose they are. */
function* checkedPartitions(turn: GroupTurn, { topics }: ApiRequest<"offsetCommit">): Generator<CommittedPartition> {
  for (const { topicId, partitions } of topics) {
    for (const { partitionIndex: partition, committedMetadata } of partitions) {
      if ((committedMetadata?.length ?? 0) <= turn.state.config.offsetMetadataLengthMax) yield { topicId, partition };
    }
  }
}

/** Old clients may say how long an offset is to be kept; -1 leaves it to the broker. */
function expireTimestamp(nowMs: TimestampMs, retentionTimeMs: number): TimestampMs {
  return retentionTimeMs === -1 ? -1 : nowMs + retentionTimeMs;
}
