import { type Disk } from "../../../src/io/ports.ts";
import { type LogConfig, defaultLogConfig } from "../../../src/log/log-config.ts";
import { parentOf } from "../../../src/log/log-files.ts";
import { Log, type LogOptions } from "../../../src/log/log.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";

export interface LogUnderTest {
  readonly log: Log;
  readonly queue: WriteQueue;
  readonly time: ManualTime;
  /** What the log said to the owner of its directory. */
  readonly diskErrors: unknown[];
}

export const logDirectory = "/data/topic-0";

/** A log whose clock and write queue the test moves. */
export function openLog(
  disk: Disk,
  config: Partial<LogConfig> = {},
  options: Partial<LogOptions & { time: ManualTime; tailCacheBytes: number; openFilesMax: number }> = {},
): LogUnderTest {
  const time = options.time ?? new ManualTime();
  const { tailCacheBytes = 1_048_576, openFilesMax } = options;
  const queue = new WriteQueue({
    timers: time,
    tailCacheBytes,
    ...(openFilesMax === undefined ? {} : { openFilesMax }),
  });
  const diskErrors: unknown[] = [];
  // The log directory is there for long; that of the log is the log's matter.
  const parent = parentOf(options.dir ?? logDirectory);
  disk.mkdir(parent);
  if (disk instanceof MemoryDisk) disk.settle(parent);
  const log = Log.open({
    dir: logDirectory,
    topic: "topic",
    partition: 0,
    disk,
    clock: time,
    config: { ...defaultLogConfig, ...config },
    logStartOffset: 0,
    recoveryPoint: 0,
    hadCleanShutdown: false,
    writeQueue: queue,
    logger: silentLogger,
    draw: () => 0,
    // However small a log is, what spares recovery the reading is made.
    bareTailBytesMax: 0,
    onDiskError: (error) => diskErrors.push(error),
    ...options,
  });
  log.settleRecovery();
  return { log, queue, time, diskErrors };
}

/** The bytes of all batches from `offset` on, read piece by piece. */
export function readAll(log: Log, offset = log.logStartOffset, maxBytes = 10_000): Buffer {
  const pieces: Buffer[] = [];
  for (let next = offset; next < log.writtenOffset;) {
    const result = log.read(next, maxBytes, log.writtenOffset, true);
    if (!result.ok) throw new Error(`nothing to read at ${next}`);
    // A crash may have left a segment that is empty behind a hole.
    if (result.records.length === 0) break;
    pieces.push(result.records);
    next = result.endOffset;
  }
  return Buffer.concat(pieces);
}
