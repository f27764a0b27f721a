import { type Uuid } from "../../../base/brand.ts";
import { javaHashOrder, javaStringHash, plannedForCopy } from "../../../base/java-hash.ts";
import {
  noPartitions,
  samePartitions,
  type MemberSpec,
  type PartitionAssignor,
} from "../assignor/partition-assignor.ts";
import { type GroupState, type GroupTurn } from "../group-state.ts";
import { type ConsumerGroup } from "./consumer-group.ts";
import { regexOf, sameNames, type ConsumerMember } from "./member.ts";
import { assignmentIntervalMs } from "./settings.ts";
import { subscribedTopics, topicIdsOf } from "./subscription.ts";
import { writeTarget, writeTargetEpoch } from "./write.ts";

/**
 * Makes a new target assignment when the group has a newer epoch, and the last one has stood long enough.
 * @param newcomer the member whose joining asks for it
 */
export function refreshTarget(turn: GroupTurn, group: ConsumerGroup, newcomer?: string): void {
  const { groupId } = group;
  const { epoch } = group.epoch.get();
  const { epoch: targetEpoch, madeAtMs } = group.target.get();
  if (targetEpoch >= epoch) return;
  const intervalMs = assignmentIntervalMs(turn.state, groupId);
  if (madeAtMs !== 0 && intervalMs !== 0 && turn.nowMs < madeAtMs + intervalMs) return;
  const assignor = preferredAssignor(turn.state, group);
  const members = specsOf(group, turn.state, newcomer);
  const targets = assignor.assign({ members, isHomogeneous: group.isHomogeneous() }, turn.state.metadata);
  for (let index = 0; index < members.length; index++) {
    const { memberId, assigned } = members[index]!;
    const target = targets[index]!;
    const isWritten = assigned !== noPartitions || group.targets.has(memberId);
    if (!isWritten || !samePartitions(assigned, target)) writeTarget(turn, groupId, memberId, target);
  }
  writeTargetEpoch(turn, groupId, epoch, turn.nowMs);
  turn.note("info", "new target assignment", { groupId, epoch, assignor: assignor.name });
}

/** The one that most members ask for; the first of the broker's when nobody does. */
export function preferredAssignor(
  { config }: GroupState,
  group: Pick<ConsumerGroup, "members">,
  view: "latest" | "committed" = "latest",
): PartitionAssignor {
  const votes = new Map<string, number>();
  for (const [, { serverAssignor }] of group.members.entries(view)) {
    if (serverAssignor !== null) votes.set(serverAssignor, (votes.get(serverAssignor) ?? 0) + 1);
  }
  let preferred: string | undefined;
  for (const name of javaHashOrder([...votes.keys()], javaStringHash)) {
    if (preferred === undefined || votes.get(name)! > votes.get(preferred)!) preferred = name;
  }
  const assignors = config.consumerAssignors;
  // A name may be of an assignor that the broker had before.
  return assignors.find(({ name }) => name === preferred) ?? assignors[0]!;
}

/** What a member is subscribed to, as the assignors want it. */
interface Subscription {
  readonly topicNames: readonly string[];
  readonly regex: string | undefined;
  readonly size: number;
  readonly topicIds: readonly Uuid[];
}

/** In the order in which Kafka's assignors see the members, which decides who gets what. */
function specsOf(group: ConsumerGroup, state: GroupState, newcomer: string | undefined): MemberSpec[] {
  const members = group.orderedMembers();
  if (newcomer !== undefined) {
    // Kafka puts the newcomer to the others, whom it reads from another map.
    const at = members.findIndex(({ memberId }) => memberId === newcomer);
    members.push(...members.splice(at, 1));
  }
  // Mostly all members are subscribed to the same: it is looked up once.
  let subscription: Subscription | undefined;
  return javaHashOrder(members, ({ memberId }) => group.hashOf(memberId)).map((member): MemberSpec => {
    if (!isSubscribedLike(member, subscription)) subscription = subscriptionOf(group, state, member);
    return {
      memberId: member.memberId,
      instanceId: member.instanceId,
      subscriptionSize: subscription.size,
      topicIds: subscription.topicIds,
      assigned: group.targetOf(member.memberId),
    };
  });
}

function isSubscribedLike(member: ConsumerMember, subscription?: Subscription): subscription is Subscription {
  return (
    subscription !== undefined &&
    regexOf(member) === subscription.regex &&
    sameNames(member.topicNames, subscription.topicNames)
  );
}

function subscriptionOf(group: ConsumerGroup, state: GroupState, member: ConsumerMember): Subscription {
  const topics = [...subscribedTopics(group, member)];
  const ordered = javaHashOrder(topics, javaStringHash, plannedForCopy(topics.length));
  return {
    topicNames: member.topicNames,
    regex: regexOf(member),
    size: topics.length,
    topicIds: topicIdsOf(ordered, state.metadata),
  };
}
