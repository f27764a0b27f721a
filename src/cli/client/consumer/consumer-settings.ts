import { type ClientProperties } from "../../command/properties.ts";
import { ConfigurationError } from "../kafka-error.ts";
import { type PollLimits } from "./poll-watch.ts";
import { type OffsetReset } from "./tracked-partition.ts";

export interface ConsumerSettings {
  readonly offsetReset: OffsetReset;
  readonly readCommitted: boolean;
  readonly fetchWaitMs: number;
  readonly fetchBytesMin: number;
  readonly fetchBytesMax: number;
  readonly partitionBytesMax: number;
  readonly polls: PollLimits;
  /** Undefined commits nothing. */
  readonly autoCommitIntervalMs: number | undefined;
}

const isolationLevels = ["read_committed", "read_uncommitted"];
const resets: readonly OffsetReset[] = ["earliest", "latest", "none"];

/**
 * The settings of a consumer from its properties, in Kafka's names.
 * @throws ConfigurationError
 */
export function consumerSettings(properties: ClientProperties): ConsumerSettings {
  const isolation = properties.text("isolation.level") ?? "read_uncommitted";
  if (!isolationLevels.includes(isolation)) {
    throw new ConfigurationError(
      `Invalid value ${isolation} for configuration isolation.level: String must be one of: ${isolationLevels.join(", ")}`,
    );
  }
  const given = properties.text("auto.offset.reset") ?? "latest";
  const offsetReset = resets.find((reset) => reset === given);
  if (offsetReset === undefined) {
    throw new ConfigurationError(
      `Invalid value ${given} for configuration auto.offset.reset: Invalid value '${given}' for 'auto.offset.reset'. It may be ${resets.join(", ")}`,
    );
  }
  return {
    offsetReset,
    readCommitted: isolation === "read_committed",
    fetchWaitMs: properties.number("fetch.max.wait.ms", 500),
    fetchBytesMin: properties.number("fetch.min.bytes", 1),
    fetchBytesMax: properties.number("fetch.max.bytes", 52_428_800),
    partitionBytesMax: properties.number("max.partition.fetch.bytes", 1_048_576),
    polls: {
      intervalMs: properties.number("max.poll.interval.ms", 300_000),
      recordsMax: properties.number("max.poll.records", 500),
    },
    autoCommitIntervalMs: properties.flag("enable.auto.commit", true)
      ? properties.number("auto.commit.interval.ms", 5_000)
      : undefined,
  };
}
