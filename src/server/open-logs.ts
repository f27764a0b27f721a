import { type Uuid } from "../base/brand.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { TopicConfig } from "../config/topic-config.ts";
import { type Disk, DiskError, type Ports, type Timers, type Workers } from "../io/ports.ts";
import { cleanerConfigFrom } from "../log/cleaner/cleaner-config.ts";
import { LogManager } from "../log/directory/log-manager.ts";
import { logConfigFrom } from "../log/log-config.ts";
import { type ProducerSettings } from "../log/producers/producer-state.ts";
import { type WriteQueue } from "../log/write-queue.ts";
import { metadataLogDirName } from "../metadata/directory-id.ts";
import { StartupError } from "./startup-error.ts";

export interface OpenLogsDeps {
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly directoryIds: ReadonlyMap<string, Uuid>;
  readonly failedDirectories: readonly string[];
  readonly isCordoned: (path: string) => boolean;
  /** For what recurs. */
  readonly timers: Timers;
  readonly writeQueue: WriteQueue;
  readonly producerSettings: ProducerSettings;
  readonly onDirectoryFailed: (directory: string, isLast: boolean) => void;
}

/** Partitions that are written to all the time must not have their file opened for each write. */
const openFilesMax = 16_384;
const openFilesMaxUnknown = 2_048;
/** Clients, indexes and all else need descriptors too. */
const otherDescriptors = 4_096;

/** The logs of a broker as it is configured; `loadLogs` reads them. @throws StartupError */
export function openLogs({ config, ports, ...deps }: OpenLogsDeps): LogManager {
  const { clock, disk, random, workers, logger } = ports;
  try {
    return new LogManager({
      ...deps,
      directories: config.logDirs,
      excluded: new Set([metadataLogDirName]),
      defaultConfig: logConfigFrom(new TopicConfig(new Map(), config)),
      disk,
      clock,
      random,
      logger: logger.child("log"),
      retentionIntervalMs: config.get("log.retention.check.interval.ms"),
      initialDelayMs: config.get("log.initial.task.delay.ms"),
      flushIntervalMs: config.get("log.flush.scheduler.interval.ms"),
      recoveryPointIntervalMs: config.get("log.flush.offset.checkpoint.interval.ms"),
      logStartIntervalMs: config.get("log.flush.start.offset.checkpoint.interval.ms"),
      highWatermarkIntervalMs: config.get("replica.high.watermark.checkpoint.interval.ms"),
      producerIdExpirationMs: config.get("producer.id.expiration.ms"),
      producerIdCheckIntervalMs: config.get("producer.id.expiration.check.interval.ms"),
      cleaner: { config: cleanerConfigFrom(config), workers },
    });
  } catch (error) {
    throw startupErrorOf(error);
  }
}

/** Recovers and loads every log that is there. @throws StartupError */
export async function loadLogs(logManager: LogManager, config: BrokerConfig, workers: Workers): Promise<void> {
  const threadsMax = config.get("num.recovery.threads.per.data.dir");
  await logManager.recover(workers, threadsMax);
  try {
    logManager.load();
    await logManager.indexInThreads(workers, threadsMax);
  } catch (error) {
    throw startupErrorOf(error);
  }
}

function startupErrorOf(error: unknown): unknown {
  return error instanceof DiskError ? new StartupError(error.message) : error;
}

/** All that the process may have open, but half of it or what is enough for the rest. */
export function openFilesMaxOf(disk: Disk): number {
  const limit = disk.descriptorsMax();
  if (limit === undefined) return openFilesMaxUnknown;
  return Math.min(openFilesMax, limit - Math.min(Math.floor(limit / 2), otherDescriptors));
}
