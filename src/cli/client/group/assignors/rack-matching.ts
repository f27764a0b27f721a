import { type TopicRange } from "./topic-range.ts";

/**
 * Gives members partitions of their own racks, as far as they have room for them. Topics with as many partitions and the
 * same members stay together: whoever gets a partition of one of them gets that of the others.
 */
export function shareByRack(ranges: readonly TopicRange[]): void {
  const together = new Map<string, TopicRange[]>();
  for (const range of ranges) {
    // Without members that have racks nothing is near or far, whatever the number of partitions.
    const count = range.members.some(({ rack }) => rack) ? range.partitionCount : 0;
    const key = JSON.stringify([count, range.members.map(({ memberId }) => memberId)]);
    together.set(key, [...(together.get(key) ?? []), range]);
  }
  for (const [range, ...others] of together.values()) {
    if (range === undefined) continue;
    if (others.length > 0) shareTogether(range, [range, ...others]);
    else if (range.wantsRacks) range.giveRanges((member, partition) => range.isNear(member, partition));
  }
}

function shareTogether({ members, partitionCount }: TopicRange, ranges: readonly TopicRange[]): void {
  if (!members.some(({ rack }) => rack)) return;
  for (let partition = 0; partition < partitionCount; partition++) {
    const near = members.find((member) =>
      ranges.every((range) => range.isNear(member, partition) && range.roomOf(member) > 0),
    );
    if (near !== undefined) for (const range of ranges) range.give(near, [partition]);
  }
}
