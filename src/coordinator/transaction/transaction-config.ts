import { type BrokerConfig } from "../../config/broker-config.ts";

/** What the broker's configuration says about transactions. */
export interface TransactionCoordinatorConfig {
  readonly timeoutMsMax: number;
  /** How often transactions are looked for that have timed out. */
  readonly timeoutCheckIntervalMs: number;
  readonly idExpirationMs: number;
  /** How often transactional ids are looked for that nobody has used for long. */
  readonly idExpirationCheckIntervalMs: number;
  readonly isTwoPhaseCommitEnabled: boolean;
}

export function transactionCoordinatorConfigFrom(config: BrokerConfig): TransactionCoordinatorConfig {
  return {
    timeoutMsMax: config.get("transaction.max.timeout.ms"),
    timeoutCheckIntervalMs: config.get("transaction.abort.timed.out.transaction.cleanup.interval.ms"),
    idExpirationMs: config.get("transactional.id.expiration.ms"),
    idExpirationCheckIntervalMs: config.get("transaction.remove.expired.transaction.cleanup.interval.ms"),
    isTwoPhaseCommitEnabled: config.get("transaction.two.phase.commit.enable"),
  };
}
