import { expect, test } from "vitest";
import { Burst } from "../../../src/server/burst.ts";

test("all that come within a burst of microtasks go on together behind it; who comes then goes on behind the next", async () => {
  const burst = new Burst();
  const seen: string[] = [];
  const named = (name: string) => ({ goOn: () => void seen.push(name) });
  queueMicrotask(() => burst.add(named("in the burst")));
  burst.add({
    goOn() {
      seen.push("first");
      burst.add(named("behind it"));
    },
  });
  expect(seen).toEqual([]);
  await Promise.resolve();
  expect([...seen]).toEqual(["first", "in the burst"]);
  await Promise.resolve();
  expect([...seen]).toEqual(["first", "in the burst", "behind it"]);
});
