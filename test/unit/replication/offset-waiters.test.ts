import { describe, expect, test } from "vitest";
import { OffsetWaiters, type OffsetWaiter } from "../../../src/replication/offset-waiters.ts";

function waiterFor(requiredOffset: number, told: string[]): OffsetWaiter {
  return {
    requiredOffset,
    onReached: () => told.push(`${requiredOffset}`),
    onFailed: (errorCode) => told.push(`${requiredOffset} failed ${errorCode}`),
  };
}

describe("offset waiters", () => {
  test("are told in order, as far as the offset reaches, once", () => {
    const waiters = new OffsetWaiters();
    const told: string[] = [];
    for (const offset of [3, 3, 5, 9]) waiters.add(waiterFor(offset, told));
    waiters.reached(2);
    expect(told).toEqual([]);
    waiters.reached(5);
    waiters.reached(5);
    expect(told).toEqual(["3", "3", "5"]);
    expect(waiters.size).toBe(1);
    waiters.reached(100);
    expect(told).toEqual(["3", "3", "5", "9"]);
    expect(waiters.size).toBe(0);
  });

  test("a failure is told to those that still wait", () => {
    const waiters = new OffsetWaiters();
    const told: string[] = [];
    for (const offset of [1, 2]) waiters.add(waiterFor(offset, told));
    waiters.reached(1);
    waiters.failAll(6);
    waiters.reached(10);
    expect(told).toEqual(["1", "2 failed 6"]);
  });

  test("one that is told may add another", () => {
    const waiters = new OffsetWaiters();
    const told: string[] = [];
    waiters.add({ requiredOffset: 1, onReached: () => waiters.add(waiterFor(2, told)), onFailed: () => {} });
    waiters.reached(1);
    expect(waiters.size).toBe(1);
    waiters.reached(2);
    expect(told).toEqual(["2"]);
  });

  test("a long queue that never empties does not grow for ever", () => {
    const waiters = new OffsetWaiters();
    const told: string[] = [];
    for (let offset = 1; offset <= 10_000; offset++) {
      waiters.add(waiterFor(offset, told));
      waiters.reached(offset - 1);
      expect(waiters.size).toBe(1);
    }
    expect(told).toHaveLength(9_999);
  });
});
