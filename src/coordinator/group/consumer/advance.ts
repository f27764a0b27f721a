import { type GroupTurn } from "../group-state.ts";
import { refreshGroupEpoch } from "./group-epoch.ts";
import { isReconciledTo, sameAssignment, sameMetadata, type ConsumerMember } from "./member.ts";
import { reconciled, type ReportedPartitions } from "./reconcile.ts";
import { followRegex } from "./regexes.ts";
import { subscribedTopics, topicIdsOf } from "./subscription.ts";
import { refreshTarget } from "./target.ts";
import { awaitRevocation, stopAwaitingRevocation } from "./timers.ts";
import { writeCurrent, writeMember } from "./write.ts";

export interface Advance {
  /** The member as it was. */
  readonly before: ConsumerMember;
  /** With what it says of itself now. */
  readonly wanted: ConsumerMember;
  readonly reported: ReportedPartitions;
}

/**
 * Everything that a sign of life of a member may set off: its subscription, the group's epoch, a new target, and a step of this
 * member towards its target. Returns the member after it.
 */
export function advance(turn: GroupTurn, groupId: string, step: Advance): ConsumerMember {
  const { memberId } = step.wanted;
  const isNew = turn.state.consumerGroup(groupId)?.members.has(memberId) !== true;
  const hasChanged = updateSubscription(turn, groupId, step);
  const group = turn.state.consumerGroup(groupId)!;
  refreshTarget(turn, group, isNew ? memberId : undefined);
  return advanceMember(turn, groupId, { ...step, hasChanged });
}

/** Writes what is new of the member; returns whether it is subscribed to something else than before. */
export function updateSubscription(turn: GroupTurn, groupId: string, { before, wanted }: Advance): boolean {
  if (!sameMetadata(before, wanted) || turn.state.consumerGroup(groupId)?.members.has(wanted.memberId) !== true) {
    writeMember(turn, groupId, wanted);
  }
  const group = turn.state.consumerGroup(groupId)!;
  const haveNamesChanged = before.topicNames !== wanted.topicNames;
  const regex = followRegex(turn, group, before, wanted);
  const isRegexReady = wanted.classic === null ? regex === "changed and resolved" : regex !== "same";
  refreshGroupEpoch(turn, group, haveNamesChanged || isRegexReady);
  return haveNamesChanged || regex !== "same";
}

/** One step of the member towards the target that there is. */
export function advanceMember(
  turn: GroupTurn,
  groupId: string,
  { wanted, reported, hasChanged }: Advance & { readonly hasChanged: boolean },
): ConsumerMember {
  const group = turn.state.consumerGroup(groupId)!;
  const member = group.members.get(wanted.memberId)!;
  const targetEpoch = group.target.get().epoch;
  if (!hasChanged && isReconciledTo(member, targetEpoch)) return member;
  const topics = subscribedTopics(group, member);
  const after = reconciled({
    member,
    targetEpoch,
    target: group.targetOf(member.memberId),
    hasSubscriptionChanged: hasChanged,
    subscribed: new Set(topicIdsOf(topics, turn.state.metadata)),
    subscriptionSize: topics.size,
    reported,
    isOwned: (topicId, partition) => group.isOwned(topicId, partition),
  });
  if (sameAssignment(member, after)) return member;
  writeCurrent(turn, groupId, after);
  if (after.classic === null) {
    if (after.state === "unrevoked") awaitRevocation(turn, groupId, after);
    else stopAwaitingRevocation(turn, groupId, after.memberId);
  }
  return after;
}
