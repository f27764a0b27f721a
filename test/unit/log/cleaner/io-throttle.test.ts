import { expect, test } from "vitest";
import { type IoShare, IoThrottle } from "../../../../src/log/cleaner/io-throttle.ts";
import { ManualTime } from "../../../support/manual-time.ts";

const openThrottle = (share: IoShare, time: ManualTime, isCancelled: () => boolean) =>
  new IoThrottle(share, { clock: time, timers: time }, isCancelled);

/** Passes pieces of `bytes` of which each takes `workMs`; resolves with the time that all took. */
async function passAll(
  bytesPerSecondMax: number,
  pieces: number,
  bytes: number,
  workMs: number,
  sharers = 1,
): Promise<number> {
  const time = new ManualTime();
  const startMs = time.monotonicMs();
  const throttle = openThrottle({ bytesPerSecondMax, sharers: Int32Array.of(sharers) }, time, () => false);
  const state = { isDone: false };
  const run = async (): Promise<void> => {
    for (let piece = 0; piece < pieces; piece++) {
      await new Promise<void>((resolve) => void time.after(workMs, resolve));
      await throttle.pass(bytes);
    }
    state.isDone = true;
  };
  void run();
  while (!state.isDone) await time.advance(20);
  return time.monotonicMs() - startMs;
}

test("what is read and written stays within the bound, over some time", async () => {
  const tookMs = await passAll(10_000, 400, 500, 5);
  expect(tookMs).toBeGreaterThan(17_000);
  expect(tookMs).toBeLessThan(20_100);
});

test("the rounds that run together share the bound", async () => {
  const tookMs = await passAll(40_000, 400, 500, 5, 4);
  expect(tookMs).toBeGreaterThan(17_000);
  expect(tookMs).toBeLessThan(20_100);
});

test("work that is slower by itself is not held up", async () => {
  expect(await passAll(1_000_000, 100, 500, 5)).toBeLessThan(550);
  expect(await passAll(Number.MAX_VALUE, 100, 500_000_000, 5)).toBeLessThan(550);
});

test("a nap ends when its round is cancelled", async () => {
  const time = new ManualTime();
  let isCancelled = false;
  const throttle = openThrottle({ bytesPerSecondMax: 1, sharers: Int32Array.of(1) }, time, () => isCancelled);
  await time.advance(301);
  const nap = { isOver: false };
  void throttle.pass(1_000_000).finally(() => (nap.isOver = true));
  await time.advance(10_000);
  expect(nap.isOver).toBe(false);
  isCancelled = true;
  await time.advance(100);
  expect(nap.isOver).toBe(true);
});
