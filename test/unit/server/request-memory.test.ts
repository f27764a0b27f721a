import { expect, test } from "vitest";
import { RequestMemory } from "../../../src/server/request-memory.ts";

test("memory is granted while anything is left, and who waits is called in turn until it is gone", async () => {
  const memory = new RequestMemory(100);
  expect([memory.tryReserve(99), memory.tryReserve(500), memory.tryReserve(1)]).toEqual([true, true, false]);
  const called: string[] = [];
  const waiting = ["a", "b", "c", "d"].map((name) => ({
    goOn() {
      called.push(name);
      memory.tryReserve(60);
    },
  }));
  for (const each of [...waiting, ...waiting]) memory.whenReleased(each);
  memory.forget(waiting[0]!);
  memory.release(99);
  await Promise.resolve();
  expect(called).toEqual([]);
  memory.release(500);
  expect(called).toEqual([]);
  await Promise.resolve();
  expect(called).toEqual(["b", "c"]);
});

test("without a limit everything is granted", () => {
  const memory = new RequestMemory(-1);
  expect([memory.tryReserve(1e12), memory.tryReserve(1)]).toEqual([true, true]);
});
