import { describe, expect, test } from "vitest";
import { FaultCounts } from "./fault-counts.ts";
import { simulateTopics } from "./topic-simulation.ts";

const firstSeed = 300;
const seedsAtOnce = 10;

/** What happens in the seeds here; what is rarer happens in those of `npm run sim`, which tells how often. */
const faults = [
  "batches sent again",
  "batches that are too large",
  "compactions",
  "damaged: .index",
  "damaged: .snapshot",
  "damaged: .timeindex",
  "damaged: a batch",
  "damaged: leader-epoch-checkpoint",
  "deletions by clients",
  "logs set aside that are nobody's",
  "moves begun",
  "moves called off",
  "moves cut short by a crash",
  "moves cut short by a failed directory",
  "moves cut short by a removal",
  "moves done",
  "moves gone on with by a start",
  "moves sent elsewhere",
  "torn tails",
  "transactions aborted",
  "transactions committed",
];

describe("topics come, go, change and move while the disk fails: what is acknowledged stays, and each partition comes in line", () => {
  const counts = new FaultCounts();
  const firsts = Array.from({ length: 5 }, (_, index) => firstSeed + index * seedsAtOnce);
  test.each(firsts)("seeds from %i on", { timeout: 60_000 }, async (first) => {
    for (let seed = first; seed < first + seedsAtOnce; seed++) {
      try {
        counts.addAll((await simulateTopics(seed)).counts);
      } catch (error) {
        throw new Error(`seed ${seed}; replay: npm run sim -- --workload topics --seed ${seed}`, { cause: error });
      }
    }
  });

  test("and all that is meant to happen does", () => {
    expect(faults.filter((fault) => counts.of(fault) === 0)).toEqual([]);
  });

  test("a seed has one history, and another seed another one", async () => {
    const [one, same, other] = [await simulateTopics(7), await simulateTopics(7), await simulateTopics(8)];
    expect(one.operations).toBeGreaterThan(100);
    expect(same).toEqual(one);
    expect(other.traceHash).not.toBe(one.traceHash);
  });
});
