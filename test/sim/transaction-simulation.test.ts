import { describe, expect, test } from "vitest";
import { simulateTransactions } from "./transaction-simulation.ts";

const seedsAtOnce = 20;

describe("consume, transform, produce: outputs equal inputs exactly once, aborted data is never read, offsets never go back", () => {
  const firsts = Array.from({ length: 6 }, (_, index) => index * seedsAtOnce);
  test.each(firsts)("seeds from %i on", { timeout: 60_000 }, async (first) => {
    for (let seed = first; seed < first + seedsAtOnce; seed++) {
      try {
        await simulateTransactions(seed);
      } catch (error) {
        throw new Error(`seed ${seed}; replay: npm run sim -- --workload transactions --seed ${seed}`, {
          cause: error,
        });
      }
    }
  });

  test("a seed has one history, and another seed another one", async () => {
    const [one, same, other] = [
      await simulateTransactions(5),
      await simulateTransactions(5),
      await simulateTransactions(6),
    ];
    expect(one.operations).toBeGreaterThan(100);
    expect(same).toEqual(one);
    expect(other.traceHash).not.toBe(one.traceHash);
  });
});
