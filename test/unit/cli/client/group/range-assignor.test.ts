import { expect, test } from "vitest";
import { assignRanges } from "../../../../../src/cli/client/group/assignors/range-assignor.ts";

const plain = (assignments: ReturnType<typeof assignRanges>) =>
  Object.fromEntries([...assignments].map(([member, topics]) => [member, Object.fromEntries(topics)]));

test("the first members get one more when the partitions do not come out even", () => {
  const subscriptions = new Map([
    ["m2", ["t"]],
    ["m1", ["t"]],
    ["m3", ["t"]],
  ]);
  expect(plain(assignRanges(subscriptions, new Map([["t", 5]])))).toEqual({
    m1: { t: [0, 1] },
    m2: { t: [2, 3] },
    m3: { t: [4] },
  });
});

test("a topic goes only to those who subscribe to it, and members may get nothing", () => {
  const subscriptions = new Map([
    ["a", ["t", "u"]],
    ["b", ["u"]],
    ["c", ["t", "u"]],
  ]);
  const counts = new Map([
    ["t", 1],
    ["u", 2],
  ]);
  expect(plain(assignRanges(subscriptions, counts))).toEqual({ a: { t: [0], u: [0] }, b: { u: [1] }, c: {} });
});
