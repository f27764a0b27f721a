import { describe, expect, test } from "vitest";
import { simulateLogs } from "./log-simulation.ts";

const seedsAtOnce = 10;

describe("seeds over the simulated disk: what is flushed stays, what is derived equals a rebuild", () => {
  const firsts = Array.from({ length: 26 }, (_, index) => index * seedsAtOnce);
  test.each(firsts)("from %i on", { timeout: 60_000 }, async (first) => {
    for (let seed = first; seed < first + seedsAtOnce; seed++) {
      try {
        await simulateLogs(seed);
      } catch (error) {
        throw new Error(`seed ${seed}; replay: npm run sim -- --seed ${seed}`, { cause: error });
      }
    }
  });

  test("a seed has one history, and another seed another one", async () => {
    const [one, same, other] = [await simulateLogs(7), await simulateLogs(7), await simulateLogs(8)];
    expect(one.operations).toBeGreaterThan(100);
    expect(same).toEqual(one);
    expect(other.traceHash).not.toBe(one.traceHash);
  });
});
