import { type ReadRecord } from "./committed-reader.ts";
import { InputProgress } from "./input-progress.ts";
import { demand, demandEqual } from "./violation.ts";

/** What a worker knows of how a transaction ended; "unknown": its last answers were lost. */
export type Outcome = "open" | "committed" | "aborted" | "unknown";

interface KnownTransaction {
  outcome: Outcome;
  isEndSent: boolean;
  isCommitSent: boolean;
  /** Inputs whose outputs were acknowledged. */
  readonly written: string[];
}

/** What must come of it, and what was seen so far: the judge over all workers. */
export class TransactionLedger extends InputProgress {
  readonly #transactions = new Map<string, KnownTransaction>();
  readonly #seen = new Set<string>();

  /** Those that somebody has asked to be ended, in the order in which they began. */
  ended(): string[] {
    return [...this.#transactions].filter(([, { isEndSent }]) => isEndSent).map(([key]) => key);
  }

  begin(key: string): KnownTransaction {
    const transaction: KnownTransaction = { outcome: "open", isEndSent: false, isCommitSent: false, written: [] };
    this.#transactions.set(key, transaction);
    return transaction;
  }

  /** A record that a consumer was given which wants committed ones alone. */
  read({ key, value }: ReadRecord): void {
    const transaction = this.#transactions.get(key);
    demand(transaction !== undefined, () => `nobody wrote ${key}: ${value}`);
    demand(transaction.isCommitSent, () => `${key} was read, and nobody has committed it: ${value}`);
    demand(transaction.outcome !== "aborted", () => `${key} was read, and is aborted: ${value}`);
    demand(!this.#seen.has(value), () => `${value} was read twice, the second time of ${key}`);
    this.#seen.add(value);
    const place = transaction.written.indexOf(value);
    // Not so when the answer to its request was lost.
    if (place >= 0) transaction.written.splice(place, 1);
  }

  /** When nothing is open any more: what was committed is there, all of it, and once. */
  conclude(): void {
    for (const [key, { outcome, written }] of this.#transactions) {
      if (outcome === "committed") demandEqual(written, [], `what nobody can read of ${key}, which is committed`);
    }
    const expected = this.committedCounts.flatMap((count, partition) =>
      Array.from({ length: count }, (_, offset) => `${partition}:${offset}`),
    );
    demandEqual([...this.#seen].sort(), expected.sort(), "outputs that were committed");
  }
}
