import { type TopicPartition } from "../../topic-partition.ts";
import { type Assignor, compare, inMemberOrder, type MemberSubscription, type RacksByTopic } from "./assignor.ts";
import { shareByRack } from "./rack-matching.ts";
import { TopicRange } from "./topic-range.ts";

/**
 * Kafka's range assignment: per topic, the partitions in order are cut into one range for each member that subscribes to
 * it; the first ranges are one longer when it does not come out even. Where members and replicas have racks, members get
 * partitions of their own racks first, as far as the shares stay as large as they would be.
 */
export const rangeAssignor: Assignor = {
  name: "range",
  isCooperative: false,
  userData: () => null,
  assign(members, counts, racks) {
    const sorted = inMemberOrder(members);
    const assignments = new Map(sorted.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
    const ranges = [...counts]
      .filter(([, count]) => count > 0)
      .map(([topic, count]) => rangeOf(topic, count, sorted, assignments, racks));
    const isByRack = ranges.some(({ wantsRacks }) => wantsRacks);
    if (isByRack) shareByRack(ranges);
    for (const range of ranges) range.giveRanges();
    if (isByRack) for (const partitions of assignments.values()) partitions.sort(byName);
    return assignments;
  },
};

function rangeOf(
  topic: string,
  count: number,
  sorted: readonly MemberSubscription[],
  assignments: ReadonlyMap<string, TopicPartition[]>,
  racks: RacksByTopic | undefined,
): TopicRange {
  const members = sorted.filter(({ topics }) => topics.includes(topic));
  return new TopicRange(count, members, racks?.get(topic) ?? [], ({ memberId }, partition) =>
    assignments.get(memberId)?.push({ topic, partition }),
  );
}

function byName(one: TopicPartition, other: TopicPartition): number {
  return compare(one.topic, other.topic) || one.partition - other.partition;
}
