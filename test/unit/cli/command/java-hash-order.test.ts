import { expect, test } from "vitest";
import { javaResultOrder } from "../../../../src/cli/command/java-hash-order.ts";

test.each([
  [
    ["asg", "cfg", "t.1_a"],
    ["asg", "t.1_a", "cfg"],
  ],
  [
    ["1.a", "2.a", "3.a", "b1", "b2", "b3"],
    ["b2", "b3", "1.a", "2.a", "3.a", "b1"],
  ],
  [["only"], ["only"]],
  [[], []],
])("%j comes back as Kafka 4.3.0 printed it", (names, printed) => {
  expect(javaResultOrder(names)).toEqual(printed);
});
