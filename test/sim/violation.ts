import { isDeepStrictEqual } from "node:util";

/** What a run found to be other than it has to be. */
export class Violation extends Error {
  override readonly name = "Violation";
}

export function demand(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new Violation(message());
}

export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  demand(
    isDeepStrictEqual(actual, expected),
    () => `${what}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`,
  );
}
