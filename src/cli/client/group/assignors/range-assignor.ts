import { type TopicPartition } from "../../topic-partition.ts";
import { type Assignor, inMemberOrder } from "./assignor.ts";

/**
 * Kafka's range assignment: per topic, the partitions in order are cut into one range for each member that subscribes to
 * it; the first ranges are one longer when it does not come out even.
 */
export const rangeAssignor: Assignor = {
  name: "range",
  isCooperative: false,
  userData: () => null,
  assign(members, counts) {
    const sorted = inMemberOrder(members);
    const assignments = new Map(sorted.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
    for (const [topic, count] of counts) {
      const consumers = sorted.filter(({ topics }) => topics.includes(topic));
      const perMember = Math.floor(count / consumers.length);
      const longer = count % consumers.length;
      let next = 0;
      consumers.forEach(({ memberId }, index) => {
        const end = next + perMember + (index < longer ? 1 : 0);
        for (; next < end; next++) assignments.get(memberId)?.push({ topic, partition: next });
      });
    }
    return assignments;
  },
};
