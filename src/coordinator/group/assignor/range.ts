import { type Uuid } from "../../../base/brand.ts";
import { javaHashOrder, javaUuidHash } from "../../../base/java-hash.ts";
import {
  type GroupSpec,
  type MemberSpec,
  type PartitionAssignor,
  type Partitions,
  type TopicDescriber,
} from "./partition-assignor.ts";

/**
 * Gives every member a range of each topic it is subscribed to, in the order of the members: topics with the same subscribers
 * and as many partitions are shared out alike, so that what belongs together under one key meets in one member.
 */
export const rangeAssignor: PartitionAssignor = {
  name: "range",
  assign(group, topics) {
    const members = inOrder(group);
    const ranges = rangesOf(members, topics);
    const targets = new Map<MemberSpec, Partitions>();
    for (const member of members) {
      const assigned = new Map<Uuid, readonly number[]>();
      for (const topicId of member.topicIds) {
        const range = takeRange(ranges.get(topicId)!);
        if (range.length > 0) assigned.set(topicId, range);
      }
      const planned = Math.floor((group.isHomogeneous ? member.topicIds.length : member.subscriptionSize) / 0.75 + 1);
      const order = javaHashOrder([...assigned.keys()], javaUuidHash, planned);
      targets.set(member, new Map(order.map((topicId) => [topicId, assigned.get(topicId)!])));
    }
    return group.members.map((member) => targets.get(member)!);
  },
};

/** Static members first, by their instances, so that others that come and go move them least. */
function inOrder(group: GroupSpec): MemberSpec[] {
  return group.members.toSorted((one, other) => {
    if (one.instanceId !== null && other.instanceId !== null) return compare(one.instanceId, other.instanceId);
    if (one.instanceId !== null) return -1;
    if (other.instanceId !== null) return 1;
    return compare(one.memberId, other.memberId);
  });
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** How a topic is being shared out. */
interface Ranges {
  readonly partitionCount: number;
  next: number;
  membersLeft: number;
}

function rangesOf(members: readonly MemberSpec[], topics: TopicDescriber): Map<Uuid, Ranges> {
  const ranges = new Map<Uuid, Ranges>();
  for (const { topicIds } of members) {
    for (const topicId of topicIds) {
      let range = ranges.get(topicId);
      if (range === undefined) {
        range = { partitionCount: topics.partitionCount(topicId) ?? 0, next: 0, membersLeft: 0 };
        ranges.set(topicId, range);
      }
      range.membersLeft++;
    }
  }
  return ranges;
}

/** The members that come first get one more when the partitions cannot be shared out evenly. */
function takeRange(ranges: Ranges): number[] {
  const count = Math.ceil((ranges.partitionCount - ranges.next) / ranges.membersLeft--);
  const range = Array.from({ length: count }, (_, index) => ranges.next + index);
  ranges.next += count;
  return range;
}
