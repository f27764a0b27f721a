import { type BrokerConfig } from "../../config/broker-config.ts";
import { partitionAssignorsFrom } from "./assignor/builtin-assignors.ts";
import { type PartitionAssignor } from "./assignor/partition-assignor.ts";

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
  readonly consumerGroupSizeMax: number;
  readonly consumerSessionTimeoutMs: number;
  readonly consumerSessionTimeoutMsMin: number;
  readonly consumerSessionTimeoutMsMax: number;
  readonly consumerHeartbeatIntervalMs: number;
  readonly consumerHeartbeatIntervalMsMin: number;
  readonly consumerHeartbeatIntervalMsMax: number;
  /** Follows the broker's configuration while it runs. */
  consumerAssignmentIntervalMs: number;
  readonly consumerAssignmentIntervalMsMin: number;
  readonly consumerAssignmentIntervalMsMax: number;
  /** The first one is the default. */
  readonly consumerAssignors: readonly PartitionAssignor[];
  readonly consumerMigrationPolicy: MigrationPolicy;
  readonly consumerRegexRefreshIntervalMs: number;
}

/** Which groups may go from one protocol to the other while they have members. */
export type MigrationPolicy = "disabled" | "upgrade" | "downgrade" | "bidirectional";

export function groupCoordinatorConfigFrom(config: BrokerConfig): GroupCoordinatorConfig {
  return {
    sessionTimeoutMsMin: config.get("group.min.session.timeout.ms"),
    sessionTimeoutMsMax: config.get("group.max.session.timeout.ms"),
    groupSizeMax: config.get("group.max.size"),
    initialRebalanceDelayMs: config.get("group.initial.rebalance.delay.ms"),
    offsetMetadataLengthMax: config.get("offset.metadata.max.bytes"),
    offsetsRetentionMs: config.get("offsets.retention.minutes") * 60_000,
    offsetsRetentionCheckIntervalMs: config.get("offsets.retention.check.interval.ms"),
    consumerGroupSizeMax: config.get("group.consumer.max.size"),
    consumerSessionTimeoutMs: config.get("group.consumer.session.timeout.ms"),
    consumerSessionTimeoutMsMin: config.get("group.consumer.min.session.timeout.ms"),
    consumerSessionTimeoutMsMax: config.get("group.consumer.max.session.timeout.ms"),
    consumerHeartbeatIntervalMs: config.get("group.consumer.heartbeat.interval.ms"),
    consumerHeartbeatIntervalMsMin: config.get("group.consumer.min.heartbeat.interval.ms"),
    consumerHeartbeatIntervalMsMax: config.get("group.consumer.max.heartbeat.interval.ms"),
    consumerAssignmentIntervalMs: config.get("group.consumer.assignment.interval.ms"),
    consumerAssignmentIntervalMsMin: config.get("group.consumer.min.assignment.interval.ms"),
    consumerAssignmentIntervalMsMax: config.get("group.consumer.max.assignment.interval.ms"),
    consumerAssignors: partitionAssignorsFrom(config.get("group.consumer.assignors")),
    consumerMigrationPolicy: config.get("group.consumer.migration.policy").toLowerCase() as MigrationPolicy,
    consumerRegexRefreshIntervalMs: config.get("group.consumer.regex.refresh.interval.ms"),
  };
}
