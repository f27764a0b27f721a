import { javaHashOrder, javaStringHash } from "../../../../base/java-hash.ts";
import { array, int32, message, string, struct } from "../../../../protocol/schema.ts";
import { codecOf } from "../../../../protocol/codec.ts";
import { Reader } from "../../../../protocol/reader.ts";
import { Writer } from "../../../../protocol/writer.ts";
import { byTopic } from "../../topic-partition.ts";
import { type Assignor, type LastAssignment, type MemberSubscription } from "./assignor.ts";
import { stickyShares } from "./sticky-shares.ts";

/** What a member keeps in mind over a rebalance in which it gives everything back. Version 0 is without a generation. */
const stickyUserData = message(
  "StickyAssignorUserData",
  { versions: "0-1", flexible: "none" },
  {
    previousAssignment: array(
      "0+",
      struct("TopicAssignment", { topic: string("0+"), partitions: array("0+", "int32") }),
    ),
    generation: int32("1+", { default: -1, ignorable: true }),
  },
);

/** Kafka's sticky assignment: even, and with as few partitions moved as that allows. */
export const stickyAssignor: Assignor = {
  name: "sticky",
  isCooperative: false,
  userData(last) {
    if (last === undefined) return null;
    const writer = new Writer();
    codecOf(stickyUserData, 1).encode(writer, {
      previousAssignment: javaHashOrder([...byTopic(last.partitions)], ([topic]) => javaStringHash(topic)).map(
        ([topic, its]) => ({ topic, partitions: its.map(({ partition }) => partition) }),
      ),
      generation: last.generation,
    });
    return writer.toBuffer();
  },
  assign: (members, counts) => stickyShares(members, counts, lastOf).shares,
};

function lastOf({ userData }: MemberSubscription): LastAssignment {
  const nothing = { generation: -1, partitions: [] };
  if (userData === null || userData.length === 0) return nothing;
  for (const version of [1, 0]) {
    try {
      const { previousAssignment, generation } = codecOf(stickyUserData, version).decode(new Reader(userData));
      const partitions = previousAssignment.flatMap(({ topic, partitions: indexes }) =>
        indexes.map((partition) => ({ topic, partition })),
      );
      return { generation, partitions };
    } catch {
      // The older layout, or another client's own.
    }
  }
  return nothing;
}
