import { type TimestampMs } from "../../base/brand.ts";
import { type CleanerCounts } from "./cleaner-counts.ts";

/** What Kafka's cleaner tells about itself, as plain numbers. */
export class CleanerMetrics {
  /** When logs to clean were last looked for. */
  lastRunMs: TimestampMs;
  /** Dirty share of the dirtiest log, 0 to 1. */
  dirtiestRatio = 0;
  /** By how long the compaction of some log is late, as `max.compaction.lag.ms` asks for it. */
  delayMsMax = 0;
  uncleanableLogs = 0;
  /** Rounds that came to their end, and what they read and wrote all together. */
  rounds = 0;
  bytesRead = 0;
  bytesWritten = 0;
  /** Of the last round. */
  lastBytesRead = 0;
  lastBytesWritten = 0;
  lastDurationMs = 0;
  lastMapUtilization = 0;

  constructor(nowMs: TimestampMs) {
    this.lastRunMs = nowMs;
  }

  add({ bytesRead, bytesWritten, mapUtilization }: CleanerCounts, durationMs: number): void {
    this.rounds++;
    this.bytesRead += bytesRead;
    this.bytesWritten += bytesWritten;
    this.lastBytesRead = bytesRead;
    this.lastBytesWritten = bytesWritten;
    this.lastDurationMs = durationMs;
    this.lastMapUtilization = mapUtilization;
  }
}
