import { expect, test } from "vitest";
import { DrainLoop } from "../../../../../src/cli/client/producer/drain-loop.ts";
import { ManualTime } from "../../../../support/manual-time.ts";

/** A loop whose drains end when the test lets them, with what they were to find out. */
function looping() {
  const time = new ManualTime();
  const startedMs = time.monotonicMs();
  const begun: number[] = [];
  const failures: unknown[] = [];
  const ends: ((error?: Error) => void)[] = [];
  const loop = new DrainLoop({
    clock: time,
    timers: time,
    drain: () => {
      begun.push(time.monotonicMs() - startedMs);
      return new Promise((resolve, reject) => {
        ends.push((error) => (error === undefined ? resolve() : reject(error)));
      });
    },
    onFailed: (error) => failures.push(error),
  });
  const end = async (error?: Error): Promise<void> => {
    ends.shift()!(error);
    await time.settle();
  };
  return { time, loop, begun, failures, end };
}

test("drains once for all who ask in one turn", async () => {
  const { time, loop, begun, end } = looping();
  loop.runSoon();
  loop.runSoon();
  expect(begun).toEqual([]);
  await time.settle();
  await end();
  expect(begun).toEqual([0]);
});

test("drains once more when something changed meanwhile, and never two at a time", async () => {
  const { time, loop, begun, end } = looping();
  loop.runSoon();
  await time.settle();
  loop.runSoon();
  await time.settle();
  loop.runSoon();
  await time.settle();
  expect(begun).toHaveLength(1);
  await end();
  expect(begun).toHaveLength(2);
  loop.runAgain();
  await end();
  expect(begun).toHaveLength(3);
  await end();
  expect(begun).toHaveLength(3);
});

test("waits for the earliest of the moments that it was asked for", async () => {
  const { time, loop, begun, end } = looping();
  loop.runIn(100);
  loop.runIn(40);
  loop.runIn(60);
  await time.advance(39);
  expect(begun).toEqual([]);
  await time.advance(1);
  await end();
  // Whoever still waits asks again.
  await time.advance(1_000);
  expect(begun).toEqual([40]);
  loop.runIn(10);
  await time.advance(10);
  expect(begun).toEqual([40, 1_050]);
});

test("a drain that fails is told of, and followed by another only when that is asked for", async () => {
  const { time, loop, begun, failures, end } = looping();
  loop.runSoon();
  await time.settle();
  loop.runSoon();
  await time.settle();
  await end(new Error("no broker"));
  expect([begun.length, failures]).toEqual([1, [new Error("no broker")]]);
  loop.runSoon();
  await time.settle();
  expect(begun).toHaveLength(2);
});
