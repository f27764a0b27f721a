import { describe, expect, test } from "vitest";
import { simulateGroup } from "./group-simulation.ts";

const seedsAtOnce = 20;

describe("a group whose members come and go: a partition has one owner, offsets never go back, every request is answered", () => {
  const firsts = Array.from({ length: 2 }, (_, index) => index * seedsAtOnce);
  test.each(firsts)("seeds from %i on", { timeout: 60_000 }, async (first) => {
    let handovers = 0;
    let fencings = 0;
    for (let seed = first; seed < first + seedsAtOnce; seed++) {
      try {
        const group = await simulateGroup(seed);
        handovers += group.handovers;
        fencings += group.fencings;
      } catch (error) {
        throw new Error(`seed ${seed}; replay: npm run sim -- --workload groups --seed ${seed}`, { cause: error });
      }
    }
    expect(handovers).toBeGreaterThan(10 * seedsAtOnce);
    expect(fencings).toBeGreaterThan(3);
  });

  test("a seed has one history", async () => {
    expect(await simulateGroup(5)).toEqual(await simulateGroup(5));
  });
});
