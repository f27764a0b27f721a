import { expect, test } from "vitest";
import { nodeClock } from "../../../../src/io/node/node-clock.ts";
import { nodeTimers } from "../../../../src/io/node/node-timers.ts";

test("a timer fires once after its delay, unless it is cancelled", async () => {
  const startMs = nodeClock.monotonicMs();
  const fired: string[] = [];
  nodeTimers.after(5, () => fired.push("cancelled")).cancel();
  nodeTimers.after(2 ** 31 + 5, () => fired.push("far away"));
  await new Promise<void>((resolve) => nodeTimers.after(20, resolve));
  expect(fired).toEqual([]);
  expect(nodeClock.monotonicMs() - startMs).toBeGreaterThan(15);
});

test("the end of the turn comes after the microtasks", async () => {
  const order: string[] = [];
  await new Promise<void>((resolve) => {
    nodeTimers.endOfTurn(() => {
      order.push("end of turn");
      resolve();
    });
    queueMicrotask(() => order.push("microtask"));
  });
  expect(order).toEqual(["microtask", "end of turn"]);
});
