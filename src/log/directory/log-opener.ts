import { type Offset, type Uuid } from "../../base/brand.ts";
import { type Clock, type Disk, DiskError, type Logger, type Random } from "../../io/ports.ts";
import { Log } from "../log.ts";
import { type LogConfig } from "../log-config.ts";
import { partitionDirectoryName } from "../log-files.ts";
import { type ProducerSettings } from "../producers/producer-state.ts";
import { type RecoveredLog } from "../recovery/recovered-log.ts";
import { type WriteQueue } from "../write-queue.ts";
import { type LogDirectory } from "./log-directory.ts";
import { type LogRegistry } from "./log-registry.ts";
import { type LogRelocation } from "./log-relocation.ts";

/** What all logs of a node share. */
export interface LogOpenerOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly writeQueue: WriteQueue;
  /** None: transactional batches are appended without verification. */
  readonly producerSettings?: ProducerSettings;
  /** See `LogOptions`. */
  readonly bareTailBytesMax?: number;
}

/** What is a log's own. */
export interface LogToOpen {
  readonly dir: string;
  readonly topic: string;
  readonly partition: number;
  readonly topicId?: Uuid;
  readonly config: LogConfig;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
  readonly highWatermark?: Offset | undefined;
  readonly cleanedOffset?: Offset | undefined;
  readonly recovered?: RecoveredLog | undefined;
  readonly isConfigKnown?: boolean;
  /** Its files were just made. */
  readonly isMade?: boolean;
}

/**
 * Opens logs in their directories, and notes where they lie; which of a partition's logs one is, the caller notes. Both ways
 * give undefined when the disk fails, which takes the directory offline, and throw a DiskError when the system is short of
 * descriptors or memory.
 */
export class LogOpener {
  readonly #options: LogOpenerOptions;
  readonly #logs: LogRegistry;
  readonly #relocation: LogRelocation;

  constructor(options: LogOpenerOptions, logs: LogRegistry, relocation: LogRelocation) {
    this.#options = options;
    this.#logs = logs;
    this.#relocation = relocation;
  }

  /** One that was found there, after a crash with recovery. */
  open(directory: LogDirectory, own: LogToOpen): Log | undefined {
    return this.#open(directory, own, directory.hadCleanShutdown);
  }

  /** A new one, of which a shortage leaves nothing behind. */
  create(directory: LogDirectory, own: Omit<LogToOpen, "logStartOffset" | "recoveryPoint">): Log | undefined {
    try {
      const name = partitionDirectoryName(own.topic, own.partition);
      if (!directory.guardUnlessShort(() => directory.checkpoints.forget(name))) return undefined;
      return this.#open(directory, { ...own, logStartOffset: 0, recoveryPoint: 0 }, true);
    } catch (error) {
      if (error instanceof DiskError && error.isShortage) this.#relocation.discardFiles(directory, own, own.dir);
      throw error;
    }
  }

  #open(directory: LogDirectory, own: LogToOpen, hadCleanShutdown: boolean): Log | undefined {
    const { disk, clock, random, logger, writeQueue, producerSettings, bareTailBytesMax } = this.#options;
    let log: Log | undefined;
    directory.guardUnlessShort(() => {
      log = Log.open({
        ...own,
        disk,
        clock,
        logger,
        writeQueue,
        hadCleanShutdown,
        bareTailBytesMax,
        ...(producerSettings === undefined ? {} : { producerSettings }),
        draw: () => random.float(),
        onDiskError: (error) => directory.fail(error),
        beforeCut: (cut) => directory.checkpoints.beforeCut(cut),
      });
      log.highWatermark = own.highWatermark ?? 0;
      this.#logs.place(log, directory);
    });
    return directory.isOnline ? log : undefined;
  }
}
