import { assert } from "../../../base/assert.ts";
import { type Uuid } from "../../../base/brand.ts";
import { javaHashOrder, javaUuidHash, plannedForCopy } from "../../../base/java-hash.ts";
import { ChangingAssignment, inJavaOrder, topicsInJavaOrder } from "./java-order.ts";
import {
  noPartitions,
  type GroupSpec,
  type MemberSpec,
  type Partitions,
  type TopicDescriber,
} from "./partition-assignor.ts";

interface FreePartition {
  readonly topicId: Uuid;
  readonly partition: number;
}

/**
 * All members are subscribed to the same topics: each keeps what it has up to its share of all partitions, and those with
 * less are filled up with what is left over.
 */
export function assignAlike({ members }: GroupSpec, topics: TopicDescriber): readonly Partitions[] {
  const [first] = members;
  assert(first !== undefined, "a group without members has nothing to assign");
  const topicIds = javaHashOrder(first.topicIds, javaUuidHash, plannedForCopy(first.subscriptionSize));
  if (topicIds.length === 0) return members.map(() => noPartitions);
  const assigned = assignedPartitions(members, topicIds, topics);
  const free: FreePartition[] = [];
  let count = 0;
  for (const [topicId, isAssigned] of assigned) {
    for (let partition = 0; partition < isAssigned.length; partition++) {
      if (isAssigned[partition] === 0) free.push({ topicId, partition });
    }
    count += isAssigned.length;
  }
  const shares = sharesOf(members, assigned, count, free);
  let next = 0;
  for (const share of shares) {
    for (; share.missing > 0 && next < free.length; share.missing--) {
      const { topicId, partition } = free[next++]!;
      (share.changed ??= new ChangingAssignment(share.member.assigned)).add(topicId, partition);
    }
  }
  assert(next === free.length, "partitions are left over though all members have their share");
  return shares.map(({ member, changed }) => changed?.toPartitions() ?? member.assigned);
}

/** For each partition of the topics 1 when it is in the last target of anybody, else 0. */
function assignedPartitions(
  members: readonly MemberSpec[],
  topicIds: readonly Uuid[],
  topics: TopicDescriber,
): Map<Uuid, Uint8Array> {
  const assigned = new Map<Uuid, Uint8Array>();
  for (const topicId of topicIds) assigned.set(topicId, new Uint8Array(topics.partitionCount(topicId) ?? 0));
  for (const member of members) {
    for (const [topicId, partitions] of member.assigned) {
      const ofTopic = assigned.get(topicId);
      // Those that the topic does not have are left out by themselves.
      if (ofTopic !== undefined) for (const partition of partitions) ofTopic[partition] = 1;
    }
  }
  return assigned;
}

interface Share {
  readonly member: MemberSpec;
  /** undefined while it is what the member had. */
  changed: ChangingAssignment | undefined;
  /** How many partitions it is still to get. */
  missing: number;
}

/** What each member keeps; what it must give up is added to `free`. */
function sharesOf(
  members: readonly MemberSpec[],
  topics: ReadonlyMap<Uuid, unknown>,
  count: number,
  free: FreePartition[],
): Share[] {
  const leastEach = Math.floor(count / members.length);
  // So many members get one partition more than the others.
  let extras = count % members.length;
  return members.map((member, index) => {
    const share: Share = { member, changed: undefined, missing: extras > 0 ? leastEach + 1 : leastEach };
    let hasExtra = extras > 0;
    keepUpToShare(share, topics, free);
    if (share.missing > 0 && hasExtra && members.length - index > extras) {
      // Those behind may have use for the additional partition, unless there are no more of them than there are such.
      share.missing--;
      hasExtra = false;
    }
    if (hasExtra) extras--;
    return share;
  });
}

function keepUpToShare(share: Share, topics: ReadonlyMap<Uuid, unknown>, free: FreePartition[]): void {
  const { assigned } = share.member;
  for (const topicId of topicsInJavaOrder(assigned)) {
    if (!topics.has(topicId)) {
      (share.changed ??= new ChangingAssignment(assigned)).removeTopic(topicId);
      continue;
    }
    const partitions = assigned.get(topicId)!;
    const kept = Math.min(share.missing, partitions.length);
    share.missing -= kept;
    if (kept === partitions.length) continue;
    share.changed ??= new ChangingAssignment(assigned);
    for (const partition of inJavaOrder(partitions).slice(kept)) {
      share.changed.remove(topicId, partition);
      free.push({ topicId, partition });
    }
  }
}
