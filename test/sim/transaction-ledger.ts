import { type ReadRecord } from "./committed-reader.ts";
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
export class TransactionLedger {
  readonly inputCounts: number[];
  readonly #transactions = new Map<string, KnownTransaction>();
  readonly #committed: number[];
  readonly #seen = new Set<string>();

  constructor(inputCounts: readonly number[]) {
    this.inputCounts = [...inputCounts];
    this.#committed = inputCounts.map(() => 0);
  }

  /** All inputs count as processed. */
  get isDone(): boolean {
    return this.inputCounts.every((count, partition) => this.#committed[partition]! >= count);
  }

  /** Those that somebody has asked to be ended, in the order in which they began. */
  ended(): string[] {
    return [...this.#transactions].filter(([, { isEndSent }]) => isEndSent).map(([key]) => key);
  }

  begin(key: string): KnownTransaction {
    const transaction: KnownTransaction = { outcome: "open", isEndSent: false, isCommitSent: false, written: [] };
    this.#transactions.set(key, transaction);
    return transaction;
  }

  /** There is one more partition of inputs. */
  grow(inputCount: number): void {
    this.inputCounts.push(inputCount);
    this.#committed.push(0);
  }

  committed(partition: number): number {
    return this.#committed[partition]!;
  }

  /** A group's stable offset, as somebody was told it. */
  told(partition: number, offset: number): void {
    const known = this.#committed[partition]!;
    demand(offset >= known, () => `the offset of ${partition} went back from ${known} to ${offset}`);
    this.#committed[partition] = offset;
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
    const expected = this.#committed.flatMap((count, partition) =>
      Array.from({ length: count }, (_, offset) => `${partition}:${offset}`),
    );
    demandEqual([...this.#seen].sort(), expected.sort(), "outputs that were committed");
  }
}
