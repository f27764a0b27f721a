import { assert } from "../../base/assert.ts";

/**
 * ```
 *                 AddPartitions            EndTxn                     markers written
 * Empty ───────────────────────► Ongoing ─────────► PrepareCommit ───────────────────► CompleteCommit
 *   ▲  └──────── (version 2) ───────┐ └───────────► PrepareAbort ────────────────────► CompleteAbort
 *   │           EndTxn(abort)       └─────────────────►  ▲                              │
 *   └──────── InitProducerId ───────────────────────────────────────────────────────────┘
 * ```
 * A Complete transaction opens the next one as Empty does. Dead and PrepareEpochFence have names and numbers in Kafka but are
 * never in the log: a transaction that expires is deleted, and one that is fenced goes from Ongoing to PrepareAbort at once.
 */
export type TransactionStatus =
  | "Empty"
  | "Ongoing"
  | "PrepareCommit"
  | "PrepareAbort"
  | "CompleteCommit"
  | "CompleteAbort"
  | "Dead"
  | "PrepareEpochFence";

/** By the number that stands for them in the log. */
const statuses: readonly TransactionStatus[] = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
];

const previous: { readonly [status in TransactionStatus]: readonly TransactionStatus[] } = {
  Empty: ["Empty", "CompleteCommit", "CompleteAbort"],
  Ongoing: ["Ongoing", "Empty", "CompleteCommit", "CompleteAbort"],
  PrepareCommit: ["Ongoing"],
  PrepareAbort: ["Ongoing", "Empty", "CompleteCommit", "CompleteAbort"],
  CompleteCommit: ["PrepareCommit"],
  CompleteAbort: ["PrepareAbort"],
  Dead: ["Empty", "CompleteCommit", "CompleteAbort"],
  PrepareEpochFence: ["Ongoing"],
};

export function statusOf(id: number): TransactionStatus | undefined {
  return statuses[id];
}

export function idOf(status: TransactionStatus): number {
  return statuses.indexOf(status);
}

export function isStatus(name: string): name is TransactionStatus {
  return (statuses as readonly string[]).includes(name);
}

/** Whether the end of the transaction is decided and its markers are not all written. */
export function isPrepared(status: TransactionStatus): boolean {
  return status === "PrepareCommit" || status === "PrepareAbort";
}

/** Whether no transaction is under way: the id may get a new producer, start a transaction, or expire. */
export function isIdle(status: TransactionStatus): boolean {
  return status === "Empty" || status === "CompleteCommit" || status === "CompleteAbort";
}

/** A step that no operation may take is a fault in our code. */
export function assertTransition(from: TransactionStatus, to: TransactionStatus): void {
  assert(previous[to].includes(from), `a transaction cannot go from ${from} to ${to}`);
}
