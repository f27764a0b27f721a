import { type CleanerConfig } from "../../src/log/cleaner/cleaner-config.ts";
import { defaultLogConfig, type LogConfig } from "../../src/log/log-config.ts";
import { type Draw } from "./memory-file.ts";

/** A topic's configuration with limits that a few batches come to. */
export function drawnConfig(draw: Draw): LogConfig {
  return {
    ...defaultLogConfig,
    segmentBytes: 700 + draw(2_000),
    segmentMs: draw(3) === 0 ? 40_000 : Infinity,
    indexIntervalBytes: 100 + draw(200),
    segmentIndexBytes: draw(4) === 0 ? 36 : 10_000,
    flushMessages: draw(3) === 0 ? 5 + draw(40) : Infinity,
    flushMs: draw(3) === 0 ? 10_000 : Infinity,
    retentionBytes: draw(3) === 0 ? 3_000 + draw(4_000) : -1,
    retentionMs: draw(3) === 0 ? 200_000 : -1,
    fileDeleteDelayMs: draw(2) === 0 ? 0 : 20_000,
    preallocates: draw(4) === 0,
  };
}

/** The same of a topic that is compacted. */
export function drawnCompaction(config: LogConfig, draw: Draw): LogConfig {
  return {
    ...config,
    isCompacted: true,
    isDeleted: draw(3) === 0,
    minCleanableDirtyRatio: draw(2) === 0 ? 0 : 0.3,
    minCompactionLagMs: draw(3) === 0 ? 20_000 : 0,
    deleteRetentionMs: draw(2) === 0 ? 0 : 60_000,
  };
}

export function drawnCleanerConfig(draw: Draw): CleanerConfig {
  return {
    isEnabled: true,
    threads: 1,
    backoffMs: 15_000,
    // With a small one a round ends before the log does.
    dedupeBufferBytes: draw(3) === 0 ? 300 : 24_000,
    dedupeBufferLoadFactor: 0.9,
    ioBufferBytes: 1_024,
    ioBytesPerSecondMax: Number.MAX_VALUE,
  };
}
