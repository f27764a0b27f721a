import { expect, test } from "vitest";
import { ByteThrottle } from "../../../src/replication/byte-throttle.ts";

test("work gets as many bytes a second as it may have, whatever its steps", () => {
  const throttle = new ByteThrottle(0);
  let nowMs = 0;
  let done = 0;
  while (nowMs < 100_000) {
    const waitMs = throttle.waitMs(nowMs, 1_000);
    if (waitMs > 0) nowMs += waitMs;
    else {
      throttle.spend(700);
      done += 700;
    }
  }
  expect(done).toBeGreaterThan(98_000);
  expect(done).toBeLessThan(102_000);
});

test("who has rested may do a second's worth at once, and not more", () => {
  const throttle = new ByteThrottle(0);
  expect(throttle.waitMs(60_000, 1_000)).toBe(0);
  throttle.spend(3_000);
  expect(throttle.waitMs(60_000, 1_000)).toBe(2_000);
});

test("without a limit nobody waits, and a limit that is set then counts from there", () => {
  const throttle = new ByteThrottle(0);
  expect(throttle.waitMs(1, Infinity)).toBe(0);
  throttle.spend(1e9);
  expect(throttle.waitMs(2, Infinity)).toBe(0);
  expect(throttle.waitMs(3, 100)).toBe(0);
  throttle.spend(300);
  expect(throttle.waitMs(3, 100)).toBe(2_000);
});
