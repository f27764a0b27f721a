import { javaStringHash, timelineHashOrder } from "../../../base/java-hash.ts";
import { type Uuid } from "../../../base/brand.ts";
import { Errors } from "../../../protocol/errors.ts";
import { noPartitions, type Partitions } from "../assignor/partition-assignor.ts";
import { type ClassicGroupView } from "../classic-group.ts";
import { metadataOf, type ClassicMember } from "../classic-member.ts";
import { type GroupTurn } from "../group-state.ts";
import { answerParked } from "../rebalance.ts";
import { timerKeys } from "../timer-keys.ts";
import { assignmentRead, classicSubscription } from "./classic-assignment.ts";
import { newMember, sortedNames, type ConsumerMember, type OwnedPartitions } from "./member.ts";
import { notFound, type Refusal } from "./refusal.ts";
import { renewConsumerSession } from "./timers.ts";
import { writeCurrent, writeEpoch, writeMember, writeTarget, writeTargetEpoch } from "./write.ts";

/** Why a classic group with members cannot go on as a consumer group. */
export function upgradeProblem(turn: GroupTurn, classic: ClassicGroupView): Refusal | undefined {
  const { consumerMigrationPolicy: policy, consumerGroupSizeMax } = turn.state.config;
  const cannot = (reason: string) =>
    notFound(`Cannot upgrade classic group ${classic.groupId} to consumer group because ${reason}`);
  if (policy !== "bidirectional" && policy !== "upgrade") return cannot("online upgrade is disabled.");
  if (!classic.isConsumerGroup()) return cannot("the group does not use the consumer embedded protocol.");
  if (classic.members.size > consumerGroupSizeMax) {
    return cannot("the group size exceeds the consumer group maximum size.");
  }
  const given = new Set<string>();
  for (const member of classic.members.values()) {
    const subscription = subscriptionOf(classic, member);
    const assignment = assignmentRead(member.assignment, turn.state.metadata);
    if (assignment?.hasUserData === true) {
      return cannot(
        "an unsupported custom assignor is in use. " +
          "Please refer to the documentation or switch to a default assignor before re-attempting the upgrade.",
      );
    }
    if (subscription === undefined || assignment === undefined) {
      return cannot("the embedded consumer protocol is malformed.");
    }
    for (const [topicId, partitions] of assignment.partitions) {
      for (const partition of partitions) {
        const name = `${topicId}-${partition}`;
        if (given.has(name)) return sharedPartition(turn, classic, name);
        given.add(name);
      }
    }
  }
  return undefined;
}

/** An assignor of the members' own gives partitions to several of them, which a consumer group has no room for. */
function sharedPartition(turn: GroupTurn, { groupId }: ClassicGroupView, partition: string): Refusal {
  turn.note("warn", "group stays a classic group: a partition of it has several owners", { groupId, partition });
  // Kafka finds out too late to say more.
  return { errorCode: Errors.UNKNOWN_SERVER_ERROR, errorMessage: null };
}

/** The members go on as classic members of a consumer group, with the partitions that their leader gave them. */
export function upgrade(turn: GroupTurn, classic: ClassicGroupView): void {
  const { groupId, generation } = classic;
  for (const member of classic.members.values()) {
    answerParked(turn, member, Errors.REBALANCE_IN_PROGRESS, member.memberId);
  }
  turn.cancel(timerKeys.join(groupId));
  turn.cancel(timerKeys.sync(groupId));
  const members = consumerGroupOrder(classic).map((member) => consumerMemberOf(turn, classic, member));
  turn.append({ type: "groupMetadata", group: groupId, value: null });
  for (const { member } of members) writeMember(turn, groupId, member);
  const topics = new Set(members.flatMap(({ member }) => member.topicNames));
  writeEpoch(turn, groupId, { epoch: generation, metadataHash: turn.state.metadata.hashOf(topics) });
  for (const { member, target } of members) writeTarget(turn, groupId, member.memberId, target);
  writeTargetEpoch(turn, groupId, generation, 0);
  for (const { member } of members) {
    writeCurrent(turn, groupId, member);
    renewConsumerSession(turn, groupId, member);
  }
  turn.note("info", "classic group has become a consumer group", { groupId, members: members.length });
}

/** The records stand in the order of the map that Kafka puts the members into. */
function consumerGroupOrder(classic: ClassicGroupView): ClassicMember[] {
  const members = classic.orderedMembers();
  return timelineHashOrder(members, ({ memberId }) => javaStringHash(memberId), members.length - 1);
}

/** Before the first generation is complete no protocol is chosen: what a member likes best tells its subscription. */
function subscriptionOf({ protocolName }: ClassicGroupView, member: ClassicMember) {
  const metadata = metadataOf(member, protocolName) ?? member.protocols[0]?.metadata;
  return metadata === undefined ? undefined : classicSubscription(metadata);
}

function consumerMemberOf(
  turn: GroupTurn,
  classic: ClassicGroupView,
  member: ClassicMember,
): { member: ConsumerMember; target: Partitions } {
  const { generation } = classic;
  const subscription = subscriptionOf(classic, member);
  const target = assignmentRead(member.assignment, turn.state.metadata)?.partitions ?? noPartitions;
  const rackId = subscription?.rackId ?? "";
  return {
    target,
    member: {
      ...newMember(member.memberId),
      instanceId: member.groupInstanceId,
      rackId: rackId === "" ? null : rackId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      topicNames: sortedNames(subscription?.topics ?? []),
      classic: { sessionTimeoutMs: member.sessionTimeoutMs, supportedProtocols: member.protocols },
      epoch: generation,
      previousEpoch: generation,
      assigned: ownedSince(target, generation),
    },
  };
}

function ownedSince(target: Partitions, epoch: number): OwnedPartitions {
  const owned = new Map<Uuid, ReadonlyMap<number, number>>();
  for (const [topicId, partitions] of target) owned.set(topicId, new Map(partitions.map((each) => [each, epoch])));
  return owned;
}
