import { assert } from "../../../base/assert.ts";
import { type Uuid } from "../../../base/brand.ts";
import { javaHashOrder, javaUuidHash, plannedForCopy } from "../../../base/java-hash.ts";
import { ChangingAssignment, inJavaOrder, topicsInJavaOrder } from "./java-order.ts";
import { type GroupSpec, type MemberSpec, type Partitions, type TopicDescriber } from "./partition-assignor.ts";

interface FreePartition {
  readonly topicId: Uuid;
  readonly partition: number;
}

interface Share {
  readonly member: MemberSpec;
  /** undefined while it is what the member had. */
  changed: ChangingAssignment | undefined;
  /** How many partitions it is still to get. */
  missing: number;
}

/**
 * All members are subscribed to the same topics: each keeps what it has up to its share of all partitions, and those with
 * less are filled up with what is left over.
 */
export function assignAlike(group: GroupSpec, topics: TopicDescriber): ReadonlyMap<string, Partitions> {
  const [first] = group.members.values();
  assert(first !== undefined, "a group without members has nothing to assign");
  const topicIds = javaHashOrder(first.topicIds, javaUuidHash, plannedForCopy(first.subscriptionSize));
  if (topicIds.length === 0) return new Map();
  const free: FreePartition[] = [];
  let count = 0;
  for (const topicId of topicIds) {
    const partitions = topics.partitionCount(topicId) ?? 0;
    for (let partition = 0; partition < partitions; partition++) {
      if (!group.isAssigned(topicId, partition)) free.push({ topicId, partition });
    }
    count += partitions;
  }
  const shares = sharesOf(group, new Set(topicIds), count, free);
  let next = 0;
  for (const share of shares) {
    for (; share.missing > 0 && next < free.length; share.missing--) {
      const { topicId, partition } = free[next++]!;
      (share.changed ??= new ChangingAssignment(share.member.assigned)).add(topicId, partition);
    }
  }
  assert(next === free.length, "partitions are left over though all members have their share");
  return new Map(shares.map(({ member, changed }) => [member.memberId, changed?.toPartitions() ?? member.assigned]));
}

/** What each member keeps; what it must give up is added to `free`. */
function sharesOf(group: GroupSpec, topicIds: ReadonlySet<Uuid>, count: number, free: FreePartition[]): Share[] {
  const members = [...group.members.values()];
  const leastEach = Math.floor(count / members.length);
  // So many members get one partition more than the others.
  let extras = count % members.length;
  return members.map((member, index) => {
    const share: Share = { member, changed: undefined, missing: extras > 0 ? leastEach + 1 : leastEach };
    let hasExtra = extras > 0;
    keepUpToShare(share, topicIds, free);
    if (share.missing > 0 && hasExtra && members.length - index > extras) {
      // Those behind may have use for the additional partition, unless there are no more of them than there are such.
      share.missing--;
      hasExtra = false;
    }
    if (hasExtra) extras--;
    return share;
  });
}

function keepUpToShare(share: Share, topicIds: ReadonlySet<Uuid>, free: FreePartition[]): void {
  const { assigned } = share.member;
  for (const topicId of topicsInJavaOrder(assigned)) {
    if (!topicIds.has(topicId)) {
      (share.changed ??= new ChangingAssignment(assigned)).removeTopic(topicId);
      continue;
    }
    const partitions = assigned.get(topicId)!;
    const kept = Math.min(share.missing, partitions.length);
    share.missing -= kept;
    if (kept === partitions.length) continue;
    for (const partition of inJavaOrder(partitions).slice(kept)) {
      (share.changed ??= new ChangingAssignment(assigned)).remove(topicId, partition);
      free.push({ topicId, partition });
    }
  }
}
