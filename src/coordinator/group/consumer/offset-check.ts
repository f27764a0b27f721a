import { type Uuid } from "../../../base/brand.ts";
import { type View } from "../../../base/timeline-map.ts";
import { Errors, type ErrorCode } from "../../../protocol/errors.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { type ConsumerMember } from "./member.ts";

/** Who commits offsets, as the request tells. */
export interface Committer {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** -1 of those who are no members. */
  readonly epoch: number;
  readonly isTransactional: boolean;
  /** Of a plain commit. */
  readonly apiVersion: number;
}

export interface CommittedPartition {
  readonly topicId: Uuid;
  readonly partition: number;
}

/**
 * Why a commit is refused, all of it. A member may commit with its epoch, or with an older one as long as it has had the
 * partitions since then (KIP-1251): a commit that was under way while the epoch went on is as good as before.
 */
export function consumerCommitProblem(
  group: ConsumerGroup,
  committer: Committer,
  partitions: Iterable<CommittedPartition>,
): ErrorCode | undefined {
  const { memberId, epoch, isTransactional } = committer;
  if (epoch < 0 && group.members.size === 0) return undefined;
  if (isTransactional && epoch === -1 && memberId === "" && committer.instanceId === null) return undefined;
  const member = group.members.get(memberId);
  if (member === undefined) return Errors.UNKNOWN_MEMBER_ID;
  const isClassic = member.classic !== null;
  if (!isTransactional && !isClassic && committer.apiVersion < 9) return Errors.UNSUPPORTED_VERSION;
  if (epoch === member.epoch) return undefined;
  const hasAllSince = epoch < member.epoch && [...partitions].every((each) => hasSince(member, each, epoch));
  if (hasAllSince) return undefined;
  return isClassic || isTransactional ? Errors.ILLEGAL_GENERATION : Errors.STALE_MEMBER_EPOCH;
}

/** Whether the member got the partition in that epoch or before. */
function hasSince(member: ConsumerMember, { topicId, partition }: CommittedPartition, epoch: number): boolean {
  const since = member.assigned.get(topicId)?.get(partition) ?? member.pendingRevocation.get(topicId)?.get(partition);
  return since !== undefined && epoch >= since;
}

/** Why the offsets are not told; those who are no members may always ask. */
export function consumerFetchProblem(
  group: ConsumerGroup,
  memberId: string | null,
  epoch: number,
  view: View,
): ErrorCode | undefined {
  if (memberId === null && epoch < 0) return undefined;
  const member = memberId === null ? undefined : group.members.get(memberId, view);
  if (member === undefined) return Errors.UNKNOWN_MEMBER_ID;
  if (member.epoch === epoch) return undefined;
  return member.classic === null ? Errors.STALE_MEMBER_EPOCH : Errors.ILLEGAL_GENERATION;
}
