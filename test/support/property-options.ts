/**
 * The same cases in every run, so that a failure is there again when one looks at it. `ODRADEK_TEST_SEED=n` tries others,
 * `ODRADEK_TEST_RUNS=n` tries n times as many.
 */
export function propertyOptions(numRuns: number): { seed: number; numRuns: number } {
  return {
    seed: Number(process.env["ODRADEK_TEST_SEED"] ?? 20_260),
    numRuns: numRuns * Number(process.env["ODRADEK_TEST_RUNS"] ?? 1),
  };
}
