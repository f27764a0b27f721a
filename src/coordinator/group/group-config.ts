import { type BrokerConfig } from "../../config/broker-config.ts";

/** What the broker's configuration says about groups. */
export interface GroupCoordinatorConfig {
  readonly sessionTimeoutMsMin: number;
  readonly sessionTimeoutMsMax: number;
  readonly groupSizeMax: number;
  readonly initialRebalanceDelayMs: number;
  /** Characters, as Kafka counts them. */
  readonly offsetMetadataLengthMax: number;
  readonly offsetsRetentionMs: number;
  readonly offsetsRetentionCheckIntervalMs: number;
}

export function groupCoordinatorConfigFrom(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    sessionTimeoutMsMin: config.get("group.min.session.timeout.ms"),
    sessionTimeoutMsMax: config.get("group.max.session.timeout.ms"),
    groupSizeMax: config.get("group.max.size"),
    initialRebalanceDelayMs: config.get("group.initial.rebalance.delay.ms"),
    offsetMetadataLengthMax: config.get("offset.metadata.max.bytes"),
    offsetsRetentionMs: config.get("offsets.retention.minutes") * 60_000,
    offsetsRetentionCheckIntervalMs: config.get("offsets.retention.check.interval.ms"),
  };
}
