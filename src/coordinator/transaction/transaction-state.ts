import { TimelineMap, type Timeline } from "../../base/timeline-map.ts";
import { type Scheduling, type Turn } from "../runtime/turn.ts";
import { type TransactionCoordinatorConfig } from "./transaction-config.ts";
import { recordVersionOf, type TransactionRecord } from "./transaction-records.ts";
import { type Transaction } from "./transaction.ts";

/** What a shard wants done that is not a record: told when the records before it are committed. */
export interface TransactionEffects {
  /** The end of the transaction is decided: its markers are to be written, then the transaction is to be completed. */
  onPrepared(transaction: Transaction): void;
  /** The record that decides it is not in the log, or not yet: `sendMarkersAgain` finds out. */
  onPreparedInDoubt(transaction: Transaction): void;
  /** The transaction has timed out, and its producer needs another id, which a shard cannot make. */
  onTimedOutWithoutEpochs(transaction: Transaction): void;
}

export interface TransactionEnvironment {
  readonly config: TransactionCoordinatorConfig;
  readonly effects: TransactionEffects;
  /** The cluster's level of `transaction.version`. */
  readonly transactionVersion: () => number;
}

/** All transactional ids that belong to one partition of `__transaction_state`. */
export class TransactionState {
  readonly environment: TransactionEnvironment;
  readonly transactions: TimelineMap<string, Transaction>;

  constructor(timeline: Timeline, environment: TransactionEnvironment) {
    this.environment = environment;
    this.transactions = new TimelineMap(timeline);
  }

  get config(): TransactionCoordinatorConfig {
    return this.environment.config;
  }

  get serverVersion(): number {
    return this.environment.transactionVersion();
  }
}

/** Whether the records of this cluster can hold what a client of that level does. */
export function isRecordable({ state }: TransactionTurn, clientVersion: number): boolean {
  return clientVersion === 0 || recordVersionOf(state.serverVersion) >= 1;
}

export type TransactionTurn = Turn<TransactionState, TransactionRecord>;
export type TransactionScheduling = Scheduling<TransactionState, TransactionRecord>;

export function appendTransaction(turn: TransactionTurn, transaction: Transaction): void {
  const version = recordVersionOf(turn.state.serverVersion);
  turn.append({ transactionalId: transaction.transactionalId, transaction, version });
}

export function appendTombstone(turn: TransactionTurn, transactionalId: string): void {
  turn.append({ transactionalId, transaction: null, version: 0 });
}
