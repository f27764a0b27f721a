import { expect, test } from "vitest";
import { javaMapOrder, javaResultOrder } from "../../../../src/cli/command/java-hash-order.ts";

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

test("a map of the default size grows with its keys", () => {
  // As a java.util.HashMap hands them back.
  expect(javaMapOrder(["/d/2.log", "/d/1.log", "/d/3.log"])).toEqual(["/d/3.log", "/d/1.log", "/d/2.log"]);
  expect(javaMapOrder(Array.from({ length: 14 }, (_, index) => `/data/t-0/${index * 37}.log`)).join()).toBe(
    "/data/t-0/148.log,/data/t-0/111.log,/data/t-0/444.log,/data/t-0/296.log,/data/t-0/37.log,/data/t-0/74.log,/data/t-0/370.log,/data/t-0/185.log,/data/t-0/407.log,/data/t-0/333.log,/data/t-0/259.log,/data/t-0/481.log,/data/t-0/0.log,/data/t-0/222.log",
  );
});
