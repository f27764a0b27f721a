import { describe, expect, test } from "vitest";
import { simulateTopics } from "./topic-simulation.ts";

const seedsAtOnce = 10;

describe("topics come and go while the disk fails: what is acknowledged stays, and each partition comes in line", () => {
  const firsts = Array.from({ length: 5 }, (_, index) => index * seedsAtOnce);
  test.each(firsts)("seeds from %i on", { timeout: 60_000 }, async (first) => {
    for (let seed = first; seed < first + seedsAtOnce; seed++) {
      try {
        await simulateTopics(seed);
      } catch (error) {
        throw new Error(`seed ${seed}; replay: npm run sim -- --workload topics --seed ${seed}`, { cause: error });
      }
    }
  });

  test("a seed has one history, and another seed another one", async () => {
    const [one, same, other] = [await simulateTopics(7), await simulateTopics(7), await simulateTopics(8)];
    expect(one.operations).toBeGreaterThan(100);
    expect(same).toEqual(one);
    expect(other.traceHash).not.toBe(one.traceHash);
  });
});
