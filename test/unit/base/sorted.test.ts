import * as fc from "fast-check";
import { expect, it } from "vitest";
import { lastAtMost } from "../../../src/base/sorted.ts";

it("finds what a linear search finds", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30)), fc.integer({ min: -1, max: 31 }), (values, key) => {
      const sorted = values.toSorted((a, b) => a - b);
      const self = (value: number): number => value;
      expect(lastAtMost(sorted, key, self)).toBe(sorted.findLastIndex((value) => value <= key));
    }),
  );
});
