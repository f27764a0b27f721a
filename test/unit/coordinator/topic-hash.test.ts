import { expect, test } from "vitest";
import { groupHash, topicHash } from "../../../src/coordinator/group/consumer/topic-hash.ts";

test("topics are hashed as Apache Kafka 4.3.0 hashes them", () => {
  const racks = [["b", "a"], [], ["a", "zone-ü"]];
  const orders = topicHash({ id: "svcyU5Ss_8RRqVUv4n-cXg", name: "orders", racks });
  const t = topicHash({ id: "Fs59bo7O6FEqpVq7Emgi-Q", name: "t", racks: [[]] });
  expect([orders, t]).toEqual([1596696281027119132n, 6268701591587716612n]);
  const both = new Map([
    ["t", t],
    ["orders", orders],
  ]);
  expect(groupHash(both)).toBe(-6781382229256961576n);
  expect(groupHash(new Map())).toBe(0n);
});
