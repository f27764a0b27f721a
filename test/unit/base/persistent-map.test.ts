import * as fc from "fast-check";
import { expect, test } from "vitest";
import { PersistentMap } from "../../../src/base/persistent-map.ts";

const key = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.string({ maxLength: 2 }));
const operation = fc.record({ key, value: fc.nat(), removes: fc.boolean() });

test("behaves as a Map does, and older maps stay as they were", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 600 }), (operations) => {
      let map = PersistentMap.empty<string | number, number>();
      const model = new Map<string | number, number>();
      const halfway = operations.length >> 1;
      let older: { map: typeof map; model: Map<string | number, number> } | undefined;
      for (const [i, { key, value, removes }] of operations.entries()) {
        if (i === halfway) older = { map, model: new Map(model) };
        map = removes ? map.changed([], [key]) : map.changed([[key, value]], []);
        if (removes) model.delete(key);
        else model.set(key, value);
        expect(map.size).toBe(model.size);
      }
      expect(new Map(map)).toEqual(model);
      for (const each of model.keys()) expect(map.get(each)).toBe(model.get(each));
      if (older !== undefined) expect(new Map(older.map)).toEqual(older.model);
    }),
    { numRuns: 60 },
  );
});

test("takes removals before additions in one change", () => {
  const map = PersistentMap.from<string, number>([["a", 1]]).changed([["a", 2]], ["a"]);
  expect([...map]).toEqual([["a", 2]]);
});

test("one change to a large map copies a small part of it", () => {
  const map = PersistentMap.from(Array.from({ length: 100_000 }, (_, i) => [`topic-${i}`, i] as const));
  let next = map;
  const changes = cpuOf(() => {
    for (let i = 0; i < 1000; i++) next = next.changed([[`topic-${i}`, -i]], []);
  });
  let whole = new Map(map);
  const copies = cpuOf(() => {
    for (let i = 0; i < 20; i++) whole = new Map(whole);
  });
  // A thousand copies of all of it would be fifty times those twenty.
  expect(changes).toBeLessThan(10 * copies);
  expect(map.get("topic-7")).toBe(7);
  expect(next.get("topic-7")).toBe(-7);
});

/** Microseconds of the processor: how long it takes by the clock is the machine's affair. */
function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
