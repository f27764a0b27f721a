import { expect, test } from "vitest";
import { type Logger, type LoopDelay } from "../../../src/io/ports.ts";
import { nodeLoopDelay } from "../../../src/io/node/node-loop-delay.ts";
import { LoopWatch } from "../../../src/server/loop-watch.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";

const noDelay: LoopDelay = {
  start: () => ({
    read: () => ({ meanMs: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 }),
    takeLongestGcMs: () => 0,
    stop: () => {},
  }),
};

/** A clock that work can make pass while it holds the loop up. */
function watchUnderTest(loopDelay = noDelay) {
  const time = new ManualTime();
  let heldUpMs = 0;
  const lines: object[] = [];
  const logger: Logger = { ...silentLogger, child: () => logger, warn: (fields) => void lines.push(fields) };
  const clock = { wallMs: () => time.wallMs(), monotonicMs: () => time.monotonicMs() + heldUpMs };
  const watch = new LoopWatch({ clock, timers: time, loopDelay, logger });
  watch.start();
  return { watch, time, lines, work: (ms: number) => () => void (heldUpMs += ms) };
}

test("a loop that is held up is worth a line that names the work", async () => {
  const { watch, time, lines, work } = watchUnderTest();
  watch.run("small things", work(30));
  watch.watched("retention").after(10, work(400));
  await time.advance(100);
  expect(lines).toEqual([{ delayMs: 430, running: "retention", times: 1 }]);
});

test("what nobody named is said to be so, and what is short is not worth a line", async () => {
  const { watch, time, lines, work } = watchUnderTest();
  watch.run("small things", work(100));
  await time.advance(100);
  expect(lines).toEqual([]);
  work(300)();
  await time.advance(100);
  expect(lines).toEqual([{ delayMs: 300, running: "requests, or the machine was busy", times: 1 }]);
});

test("what comes soon after a line is told later, in one line for the longest of it", async () => {
  const { watch, time, lines, work } = watchUnderTest();
  for (const heldUpMs of [300, 400, 5_000, 300]) {
    watch.watched(`work of ${heldUpMs} ms`).after(10, work(heldUpMs));
    await time.advance(100);
  }
  expect(lines).toHaveLength(1);
  await time.advance(10_000);
  expect(lines.slice(1)).toEqual([{ delayMs: 5_000, running: "work of 5000 ms", times: 3 }]);
  await time.advance(20_000);
  expect(lines).toHaveLength(2);
});

test("garbage collection is named", async () => {
  const { time, lines, work } = watchUnderTest({ start: () => ({ ...noDelay.start(), takeLongestGcMs: () => 280 }) });
  work(300)();
  await time.advance(100);
  expect(lines).toEqual([{ delayMs: 300, running: "garbage collection", times: 1 }]);
});

test("the delays of this process are measured", async () => {
  const monitor = nodeLoopDelay.start();
  await new Promise((resolve) => setTimeout(resolve, 30));
  const until = performance.now() + 60;
  while (performance.now() < until);
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(monitor.read().maxMs).toBeGreaterThan(40);
  expect(monitor.read().p50Ms).toBeLessThanOrEqual(monitor.read().maxMs);
  monitor.stop();
});
