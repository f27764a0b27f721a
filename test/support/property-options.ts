import * as fc from "fast-check";

/**
 * The same cases in every run, so that a failure is there again when one looks at it. `ODRADEK_TEST_SEED=n` tries others,
 * `ODRADEK_TEST_RUNS=n` tries n times as many where it matters.
 */
const seed = Number(process.env["ODRADEK_TEST_SEED"] ?? 20_260);

/** For whatever runs: this file is loaded before each of the tests. */
fc.configureGlobal({ seed });

export function propertyOptions(numRuns: number): { seed: number; numRuns: number } {
  return { seed, numRuns: numRuns * Number(process.env["ODRADEK_TEST_RUNS"] ?? 1) };
}
