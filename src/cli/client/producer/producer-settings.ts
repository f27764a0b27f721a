import { type RecordDraft } from "../../../protocol/records/batch-builder.ts";
import { type CompressionName } from "../../../io/ports.ts";
import { ConfigurationError } from "../kafka-error.ts";
import { type ClientProperties } from "../../command/properties.ts";

export interface ProducerSettings {
  readonly acks: -1 | 0 | 1;
  readonly isIdempotent: boolean;
  readonly retries: number;
  readonly lingerMs: number;
  readonly batchSizeBytes: number;
  readonly requestSizeBytesMax: number;
  /** Bytes of records that wait for the broker; beyond that `append` makes its caller wait. */
  readonly bufferBytesMax: number;
  readonly compression: CompressionName | "none";
  readonly compressionLevel: number | undefined;
  readonly requestTimeoutMs: number;
  /** Between retries, when many have failed. */
  readonly retryBackoffMsMax: number;
  /** How long `append` waits for the topic. */
  readonly maxBlockMs: number;
  /** From `append` to the end of all retries. */
  readonly deliveryTimeoutMs: number;
}

export interface OutgoingRecord extends Omit<RecordDraft, "timestamp" | "offsetDelta"> {
  /** The present when left out. */
  readonly timestamp?: number;
}

const acksOf: ReadonlyMap<string, -1 | 0 | 1> = new Map([
  ["all", -1],
  ["-1", -1],
  ["0", 0],
  ["1", 1],
] as const);
const compressions = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const levelKeys: Partial<Record<(typeof compressions)[number], string>> = {
  gzip: "compression.gzip.level",
  lz4: "compression.lz4.level",
  zstd: "compression.zstd.level",
};
const requestSizeBytesMax = 1_048_576;
const deliveryTimeoutMs = 120_000;

/**
 * The settings of a producer from its properties, in Kafka's names.
 * @throws ConfigurationError
 */
export function producerSettings(properties: ClientProperties): ProducerSettings {
  const acks = acksOf.get(properties.text("acks") ?? "all");
  if (acks === undefined) throw oneOf("acks", properties, [...acksOf.keys()]);
  const compression = compressions.find((name) => name === (properties.text("compression.type") ?? "none"));
  if (compression === undefined) throw oneOf("compression.type", properties, compressions);
  const retries = properties.number("retries", 2 ** 31 - 1);
  const levelKey = levelKeys[compression];
  return {
    acks,
    // As in Kafka it is on unless another setting rules it out.
    isIdempotent: acks === -1 && retries > 0 && properties.flag("enable.idempotence", true),
    retries,
    lingerMs: properties.number("linger.ms", 5),
    batchSizeBytes: properties.number("batch.size", 16_384),
    requestSizeBytesMax: properties.number("max.request.size", requestSizeBytesMax),
    bufferBytesMax: properties.number("buffer.memory", 32 * 1024 * 1024),
    compression: compression satisfies CompressionName | "none",
    compressionLevel:
      levelKey !== undefined && properties.text(levelKey) !== undefined ? properties.number(levelKey, 0) : undefined,
    requestTimeoutMs: properties.number("request.timeout.ms", 30_000),
    retryBackoffMsMax: properties.number("retry.backoff.max.ms", 1_000),
    maxBlockMs: properties.number("max.block.ms", 60_000),
    deliveryTimeoutMs: properties.number("delivery.timeout.ms", deliveryTimeoutMs),
  };
}

function oneOf(name: string, properties: ClientProperties, allowed: readonly string[]): ConfigurationError {
  return new ConfigurationError(
    `Invalid value ${properties.text(name)} for configuration ${name}: String must be one of: ${allowed.join(", ")}`,
  );
}
