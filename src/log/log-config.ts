import { type TopicConfig } from "../config/topic-config.ts";
import { type CompressionName } from "../io/ports.ts";

/** A topic's configuration as its logs use it. Limits that are off are `Infinity`, or -1 where Kafka's key says so. */
export interface LogConfig {
  readonly segmentBytes: number;
  readonly segmentMs: number;
  readonly segmentJitterMs: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
  readonly flushMessages: number;
  readonly flushMs: number;
  /** -1: no limit. */
  readonly retentionBytes: number;
  /** -1: no limit. */
  readonly retentionMs: number;
  readonly maxMessageBytes: number;
  readonly fileDeleteDelayMs: number;
  readonly isCompacted: boolean;
  readonly isDeleted: boolean;
  readonly minCompactionLagMs: number;
  readonly maxCompactionLagMs: number;
  readonly deleteRetentionMs: number;
  readonly minCleanableDirtyRatio: number;
  readonly compressionType: CompressionName | "uncompressed" | "producer";
  /** Of `compressionType`; undefined where that has none. */
  readonly compressionLevel: number | undefined;
  /** Whether a new segment's file has its full length from the start. */
  readonly preallocates: boolean;
  readonly messageTimestampType: "CreateTime" | "LogAppendTime";
  readonly messageTimestampBeforeMaxMs: number;
  readonly messageTimestampAfterMaxMs: number;
}

/** Kafka's defaults. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4096,
  flushMessages: Infinity,
  flushMs: Infinity,
  retentionBytes: -1,
  retentionMs: 604_800_000,
  maxMessageBytes: 1_048_588,
  fileDeleteDelayMs: 60_000,
  isCompacted: false,
  isDeleted: true,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
  deleteRetentionMs: 86_400_000,
  minCleanableDirtyRatio: 0.5,
  compressionType: "producer",
  compressionLevel: undefined,
  preallocates: false,
  messageTimestampType: "CreateTime",
  messageTimestampBeforeMaxMs: Infinity,
  messageTimestampAfterMaxMs: 3_600_000,
};

export function logConfigFrom(topic: TopicConfig): LogConfig {
  const cleanupPolicy = topic.get("cleanup.policy");
  const compressionType = topic.get("compression.type") as LogConfig["compressionType"];
  return {
    segmentBytes: topic.get("internal.segment.bytes") ?? topic.get("segment.bytes"),
    segmentMs: topic.get("segment.ms"),
    segmentJitterMs: topic.get("segment.jitter.ms"),
    segmentIndexBytes: topic.get("segment.index.bytes"),
    indexIntervalBytes: topic.get("index.interval.bytes"),
    flushMessages: topic.get("flush.messages"),
    flushMs: topic.get("flush.ms"),
    retentionBytes: topic.get("retention.bytes"),
    retentionMs: topic.get("retention.ms"),
    maxMessageBytes: topic.get("max.message.bytes"),
    fileDeleteDelayMs: topic.get("file.delete.delay.ms"),
    isCompacted: cleanupPolicy.includes("compact"),
    isDeleted: cleanupPolicy.includes("delete"),
    minCompactionLagMs: topic.get("min.compaction.lag.ms"),
    maxCompactionLagMs: topic.get("max.compaction.lag.ms"),
    deleteRetentionMs: topic.get("delete.retention.ms"),
    minCleanableDirtyRatio: topic.get("min.cleanable.dirty.ratio"),
    compressionType,
    compressionLevel: compressionLevelOf(topic, compressionType),
    preallocates: topic.get("preallocate"),
    messageTimestampType: topic.get("message.timestamp.type") as LogConfig["messageTimestampType"],
    messageTimestampBeforeMaxMs: topic.get("message.timestamp.before.max.ms"),
    messageTimestampAfterMaxMs: topic.get("message.timestamp.after.max.ms"),
  };
}

function compressionLevelOf(topic: TopicConfig, type: LogConfig["compressionType"]): number | undefined {
  switch (type) {
    case "gzip":
      return topic.get("compression.gzip.level");
    case "lz4":
      return topic.get("compression.lz4.level");
    case "zstd":
      return topic.get("compression.zstd.level");
    default:
      return undefined;
  }
}

/** After how long a segment ends that is written to: compaction must come by in time too. */
export function rollMs({ isCompacted, maxCompactionLagMs, segmentMs }: LogConfig): number {
  return isCompacted && maxCompactionLagMs > 0 ? Math.min(maxCompactionLagMs, segmentMs) : segmentMs;
}
