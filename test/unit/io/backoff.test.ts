import { expect, test } from "vitest";
import { Backoff } from "../../../src/io/backoff.ts";

const middle = { float: () => 0.5, bytes: (length: number) => Buffer.alloc(length) };

test("each failure doubles the time, up to the maximum", () => {
  const backoff = new Backoff(middle, 100, 1_000);
  expect([1, 2, 3, 4, 5, 2_000].map((failures) => backoff.afterMs(failures))).toEqual([
    100, 200, 400, 800, 1_000, 1_000,
  ]);
});

test("no time stays none, however often it failed", () => {
  expect([1, 2_000].map((failures) => new Backoff(middle, 0, 1_000).afterMs(failures))).toEqual([0, 0]);
  expect(new Backoff(middle, 100, 0).afterMs(2_000)).toBe(0);
});

test("who failed together comes back apart, at most at the maximum", () => {
  const [early, late] = [0, 1].map((drawn) => ({ ...middle, float: () => drawn }));
  expect([1, 2, 5].map((failures) => new Backoff(early!, 100, 1_000).afterMs(failures))).toEqual([80, 160, 800]);
  expect([1, 2, 5].map((failures) => new Backoff(late!, 100, 1_000).afterMs(failures))).toEqual([120, 240, 1_000]);
  expect(new Backoff(late!, 100, 1_000, 0.02).afterMs(1)).toBe(102);
});
