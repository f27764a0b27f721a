import { zeroUuid } from "../../base/uuid.ts";
import { type ApiRequest, type ApiResponse } from "../../protocol/apis.ts";
import { Errors, type ErrorCode } from "../../protocol/errors.ts";
import { type Draft } from "../../protocol/schema.ts";
import { type VerificationKind } from "../runtime/partition-log.ts";
import { type Ticket } from "../runtime/ticket.ts";
import { commitOffset } from "./commit-offset.ts";
import { consumerCommitProblem, type CommittedPartition } from "./consumer/offset-check.ts";
import { type GroupTurn } from "./group-state.ts";
import { memberProblem } from "./member-check.ts";

export type TxnOffsetCommitResponse = Draft<ApiResponse<"txnOffsetCommit">>;

/** Whether the producer has added the partition before; and which errors the client understands. */
export function verificationKindOf(apiVersion: number): VerificationKind {
  if (apiVersion >= 5) return "add";
  return apiVersion === 4 ? "verify, abortable errors" : "verify";
}

/**
 * Offsets of topics that the caller has checked, within a transaction that is open: they count when it commits. A member
 * that has lost its partitions to another is fenced by its generation (KIP-447); clients before that send none.
 */
export function commitTransactionalOffsets(
  turn: GroupTurn,
  request: ApiRequest<"txnOffsetCommit">,
  ticket: Ticket<TxnOffsetCommitResponse>,
): void {
  const problem = transactionalCommitProblem(turn, request);
  if (problem !== undefined) {
    turn.reply(ticket, transactionalCommitError(request, problem));
    return;
  }
  const topics = request.topics.map(({ name: topic, partitions }) => {
    // No id, as in Kafka, whose requests of transactions know topics by name alone.
    const target = { group: request.groupId, topic, topicId: zeroUuid, expireTimestamp: -1 };
    return {
      name: topic,
      partitions: partitions.map((partition) => ({
        partitionIndex: partition.partitionIndex,
        errorCode: commitOffset(turn, target, partition),
      })),
    };
  });
  turn.reply(ticket, { topics });
}

/** The response when all of a commit is refused for one reason. */
export function transactionalCommitError(
  { topics }: Pick<ApiRequest<"txnOffsetCommit">, "topics">,
  errorCode: ErrorCode,
): TxnOffsetCommitResponse {
  return {
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
    })),
  };
}

function transactionalCommitProblem(
  turn: GroupTurn,
  { groupId, generationId, memberId, groupInstanceId, topics }: ApiRequest<"txnOffsetCommit">,
): ErrorCode | undefined {
  const group = turn.state.groups.get(groupId);
  if (group === undefined) {
    if (generationId >= 0) return Errors.ILLEGAL_GENERATION;
    turn.state.makeSimpleGroup(groupId);
    return undefined;
  }
  if (group.type === "consumer") {
    const committer = {
      memberId,
      instanceId: groupInstanceId,
      epoch: generationId,
      isTransactional: true,
      apiVersion: 0,
    };
    return consumerCommitProblem(group, committer, committedPartitions(turn, topics));
  }
  // Of a group of another protocol no member can be alive here: it counts as empty.
  if (group.type !== "classic") return generationId < 0 ? undefined : Errors.UNKNOWN_MEMBER_ID;
  if (generationId < 0 && group.state === "Empty") return undefined;
  const namesNobody = generationId < 0 && memberId === "" && groupInstanceId === null;
  if (namesNobody) return undefined;
  // Unlike a plain commit this one is taken while the generation comes about, and does not renew the session.
  const problem = memberProblem(group, memberId, groupInstanceId);
  if (problem !== undefined) return problem;
  return generationId === group.generation ? undefined : Errors.ILLEGAL_GENERATION;
}

/** Of those whose metadata cannot be taken it is not asked whose they are. Topics that are gone are nobody's. */
function* committedPartitions(
  turn: GroupTurn,
  topics: ApiRequest<"txnOffsetCommit">["topics"],
): Generator<CommittedPartition> {
  for (const { name, partitions } of topics) {
    const topicId = turn.state.metadata.topicId(name) ?? zeroUuid;
    for (const { partitionIndex: partition, committedMetadata } of partitions) {
      const isTooLarge = (committedMetadata?.length ?? 0) > turn.state.config.offsetMetadataLengthMax;
      if (!isTooLarge || topicId === zeroUuid) yield { topicId, partition };
    }
  }
}
