import { type TopicPartition } from "../../topic-partition.ts";
import { type Assignor, compare, inMemberOrder } from "./assignor.ts";

/** Kafka's round-robin assignment: all partitions in order go round the members, past those that do not subscribe. */
export const roundRobinAssignor: Assignor = {
  name: "roundrobin",
  isCooperative: false,
  userData: () => null,
  assign(members, counts) {
    const sorted = inMemberOrder(members);
    const assignments = new Map(sorted.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
    let next = 0;
    for (const topic of [...counts.keys()].sort(compare)) {
      if (!sorted.some(({ topics }) => topics.includes(topic))) continue;
      for (let partition = 0; partition < (counts.get(topic) ?? 0); partition++) {
        while (sorted[next % sorted.length]?.topics.includes(topic) === false) next++;
        const { memberId = "" } = sorted[next++ % sorted.length] ?? {};
        assignments.get(memberId)?.push({ topic, partition });
      }
    }
    return assignments;
  },
};
