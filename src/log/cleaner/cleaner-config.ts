import { type BrokerConfig } from "../../config/broker-config.ts";

/** The `log.cleaner.*` keys. */
export interface CleanerConfig {
  readonly isEnabled: boolean;
  /** How many logs are cleaned at a time. */
  readonly threads: number;
  readonly backoffMs: number;
  /** Of all threads together. */
  readonly dedupeBufferBytes: number;
  readonly dedupeBufferLoadFactor: number;
  /** Of all threads together. */
  readonly ioBufferBytes: number;
  readonly ioBytesPerSecondMax: number;
}

export function cleanerConfigFrom(config: Pick<BrokerConfig, "get">): CleanerConfig {
  return {
    isEnabled: config.get("log.cleaner.enable"),
    threads: config.get("log.cleaner.threads"),
    backoffMs: config.get("log.cleaner.backoff.ms"),
    dedupeBufferBytes: config.get("log.cleaner.dedupe.buffer.size"),
    dedupeBufferLoadFactor: config.get("log.cleaner.io.buffer.load.factor"),
    ioBufferBytes: config.get("log.cleaner.io.buffer.size"),
    ioBytesPerSecondMax: config.get("log.cleaner.io.max.bytes.per.second"),
  };
}
