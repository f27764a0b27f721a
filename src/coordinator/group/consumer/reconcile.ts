import { type Uuid } from "../../../base/brand.ts";
import { javaHashOrder, javaUuidHash, plannedForCopy } from "../../../base/java-hash.ts";
import { type ApiRequest } from "../../../protocol/apis.ts";
import { topicsInJavaOrder } from "../assignor/java-order.ts";
import { type Partitions } from "../assignor/partition-assignor.ts";
import { type ConsumerMember, type MemberState, type OwnedPartitions } from "./member.ts";

/** What a member says it owns; null when it has not changed since it said so last. */
export type ReportedPartitions = ApiRequest<"consumerGroupHeartbeat">["topicPartitions"];

export interface Reconciliation {
  readonly member: ConsumerMember;
  readonly targetEpoch: number;
  readonly target: Partitions;
  readonly hasSubscriptionChanged: boolean;
  /** Ids of the topics that the member is subscribed to, and how many names that are. */
  readonly subscribed: ReadonlySet<Uuid>;
  readonly subscriptionSize: number;
  readonly reported: ReportedPartitions;
  /** Whether somebody has the partition. */
  isOwned(topicId: Uuid, partition: number): boolean;
}

/**
 * One step of a member towards its target. First it gives up what it must not have any more, in its old epoch; when it has
 * said that it does not own that any more, it goes on to the epoch of the target, and gets what of it nobody else has.
 */
export function reconciled(step: Reconciliation): ConsumerMember {
  const { member, targetEpoch, hasSubscriptionChanged } = step;
  switch (member.state) {
    case "stable":
      if (member.epoch !== targetEpoch) return towardsTarget(step, member.epoch);
      return hasSubscriptionChanged ? withoutUnsubscribed(step) : member;
    case "unrevoked":
      if (!ownsAny(step.reported, member.pendingRevocation)) return towardsTarget(step, member.epoch);
      return hasSubscriptionChanged ? withoutUnsubscribed(step) : member;
    case "unreleased":
      return towardsTarget(step, member.epoch);
    case "unknown":
      // The member was told to give everything up.
      return towardsTarget(step, targetEpoch);
  }
}

/** Whether a member owns some of the partitions; it does as long as it has not said that it does not. */
function ownsAny(reported: ReportedPartitions, partitions: OwnedPartitions): boolean {
  if (reported === null) return true;
  return reported.some(({ topicId, partitions: owned }) => {
    const ofTopic = partitions.get(topicId);
    return ofTopic !== undefined && owned.some((partition) => ofTopic.has(partition));
  });
}

/** Takes topics away that the member is not subscribed to any more, before there is a new target. */
function withoutUnsubscribed({ member, subscribed, subscriptionSize, reported }: Reconciliation): ConsumerMember {
  const assigned = new Map(member.assigned);
  const pendingRevocation = new Map(member.pendingRevocation);
  for (const [topicId, partitions] of member.assigned) {
    if (subscribed.has(topicId)) continue;
    assigned.delete(topicId);
    pendingRevocation.set(topicId, new Map([...(pendingRevocation.get(topicId) ?? []), ...partitions]));
  }
  const losesAll = subscriptionSize === 0 && member.pendingRevocation.size === 0;
  if (assigned.size === member.assigned.size && !losesAll) return member;
  const changed = { ...member, previousEpoch: member.epoch, assigned };
  if (pendingRevocation.size === 0 || !ownsAny(reported, pendingRevocation)) return changed;
  return { ...changed, state: "unrevoked", pendingRevocation };
}

function towardsTarget(step: Reconciliation, epoch: number): ConsumerMember {
  const { member, targetEpoch } = step;
  const kept = new Map<Uuid, Map<number, number>>();
  const toRevoke = new Map<Uuid, Map<number, number>>();
  let isWaiting = false;
  const toAssign: [Uuid, number][] = [];
  for (const topicId of topicsOfStep(step)) {
    const target = new Set(step.subscribed.has(topicId) ? step.target.get(topicId) : []);
    const assigned = member.assigned.get(topicId);
    for (const [partition, since] of assigned ?? [])
      put(target.has(partition) ? kept : toRevoke, topicId, partition, since);
    for (const partition of target) {
      if (assigned?.has(partition) === true) continue;
      // What the member itself was to give up it may have back.
      const isFree =
        !step.isOwned(topicId, partition) || member.pendingRevocation.get(topicId)?.has(partition) === true;
      if (isFree) toAssign.push([topicId, partition]);
      else isWaiting = true;
    }
  }
  if (toRevoke.size > 0 && ownsAny(step.reported, toRevoke)) {
    return inEpoch(member, epoch, "unrevoked", kept, toRevoke);
  }
  const keptTopics = [...kept.keys()];
  for (const [topicId, partition] of toAssign) put(kept, topicId, partition, targetEpoch);
  const assigned = inKafkasOrder(kept, keptTopics.length);
  return inEpoch(member, targetEpoch, isWaiting ? "unreleased" : "stable", assigned, new Map());
}

/** The topics of the target and those that the member has, as Kafka's set of them hands them back. */
function topicsOfStep({ target, member }: Reconciliation): readonly Uuid[] {
  const targetTopics = [...topicsInJavaOrder(target)];
  const topics = [...new Set([...targetTopics, ...member.assigned.keys()])];
  return topics.length < 2 ? topics : javaHashOrder(topics, javaUuidHash, plannedForCopy(targetTopics.length));
}

/** What is new to a member stands in front of what it has kept, within a bucket of Kafka's map. */
function inKafkasOrder(assigned: Map<Uuid, Map<number, number>>, keptCount: number): OwnedPartitions {
  if (assigned.size < 2) return assigned;
  const topics = [...assigned.keys()];
  const putInOrder = [...topics.slice(keptCount).reverse(), ...topics.slice(0, keptCount)];
  return new Map(javaHashOrder(putInOrder, javaUuidHash).map((topicId) => [topicId, assigned.get(topicId)!]));
}

function put(partitions: Map<Uuid, Map<number, number>>, topicId: Uuid, partition: number, since: number): void {
  const ofTopic = partitions.get(topicId);
  if (ofTopic === undefined) partitions.set(topicId, new Map([[partition, since]]));
  else ofTopic.set(partition, since);
}

function inEpoch(
  member: ConsumerMember,
  epoch: number,
  state: MemberState,
  assigned: OwnedPartitions,
  pendingRevocation: OwnedPartitions,
): ConsumerMember {
  return { ...member, epoch, previousEpoch: member.epoch, state, assigned, pendingRevocation };
}
