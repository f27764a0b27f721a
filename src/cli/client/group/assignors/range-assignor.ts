/** Partitions by topic. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

/**
 * Kafka's range assignment: per topic, the partitions in order are cut into one range for each member that subscribes to
 * it, the members in the order of their ids; the first ranges are one longer when it does not come out even.
 */
export function assignRanges(
  subscriptions: ReadonlyMap<string, readonly string[]>,
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, Map<string, number[]>> {
  const members = [...subscriptions.keys()].sort();
  const assignments = new Map(members.map((member) => [member, new Map<string, number[]>()]));
  for (const [topic, count] of partitionCounts) {
    const consumers = members.filter((member) => subscriptions.get(member)?.includes(topic));
    const perMember = Math.floor(count / consumers.length);
    const longer = count % consumers.length;
    let next = 0;
    consumers.forEach((member, index) => {
      const size = perMember + (index < longer ? 1 : 0);
      const range = Array.from({ length: size }, (_, at) => next + at);
      if (size > 0) assignments.get(member)?.set(topic, range);
      next += size;
    });
  }
  return assignments;
}
