import { expect, it } from "vitest";
import { quantilesOf } from "../../../bench/load/quantiles.ts";

it("quantiles are values that so many do not exceed", () => {
  const values = Array.from({ length: 1000 }, (_, index) => 1000 - index);
  expect(quantilesOf(values)).toEqual({ p50: 500, p99: 990, p999: 999, max: 1000 });
  expect(quantilesOf([3, 1, 2])).toEqual({ p50: 2, p99: 3, p999: 3, max: 3 });
  expect(quantilesOf([7])).toEqual({ p50: 7, p99: 7, p999: 7, max: 7 });
});
