import { expect } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { inPlaceWorkers } from "../../../../src/io/in-place-workers.ts";
import { type Disk, type TaskPorts } from "../../../../src/io/ports.ts";
import { type CleanerConfig } from "../../../../src/log/cleaner/cleaner-config.ts";
import { LogCleaner, type LogCleanerOptions } from "../../../../src/log/cleaner/log-cleaner.ts";
import { type Log } from "../../../../src/log/log.ts";
import { type RemoveLater } from "../../../../src/log/removal.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { decompressBatch, recordsOf } from "../../../../src/protocol/records/record-iterator.ts";
import { type ManualTime } from "../../../support/manual-time.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { silentLogger } from "../../../support/silent-logger.ts";
import { type LogUnderTest, readAll } from "../open-log.ts";

export const cleanerConfig: CleanerConfig = {
  isEnabled: true,
  threads: 1,
  backoffMs: 15_000,
  dedupeBufferBytes: 24_000,
  dedupeBufferLoadFactor: 0.9,
  ioBufferBytes: 1_024,
  ioBytesPerSecondMax: Number.MAX_VALUE,
};

/** So that every dirty segment is worth a round. */
export const compacted = { isCompacted: true, isDeleted: false, minCleanableDirtyRatio: 0, segmentBytes: 1_500 };

export interface CleanerUnderTest {
  readonly cleaner: LogCleaner;
  /** Removals of files that wait. */
  readonly removals: (() => void)[];
  readonly cleaned: Log[];
}

/** A cleaner whose tasks run in place, on the log's own disk. */
export function openCleaner(
  disk: Disk,
  time: ManualTime,
  logs: () => Iterable<Log>,
  config: Partial<CleanerConfig> = {},
  threadPorts: Partial<TaskPorts> = {},
  options: Partial<LogCleanerOptions> = {},
): CleanerUnderTest {
  const removals: (() => void)[] = [];
  const cleaned: Log[] = [];
  const random = new SeededRandom(7);
  const removeLater: RemoveLater = (removal) => void removals.push(() => removal((path) => disk.remove(path)));
  const cleaner = new LogCleaner({
    config: { ...cleanerConfig, ...config },
    logs,
    removeLater,
    writeRecoveryPoint: (log, offset) => Promise.resolve(log.recoveryPoint >= offset),
    onCleaned: (log) => cleaned.push(log),
    deleteOldSegments: (log) => log.deleteOldSegments(time.wallMs(), removeLater),
    clock: time,
    timers: time,
    random: { float: () => random.below(2 ** 32) / 2 ** 32, bytes: (length) => random.bytes(length) },
    workers: inPlaceWorkers({ clock: time, timers: time, disk, compute: nodeCompute, ...threadPorts }),
    logger: silentLogger,
    ...options,
  });
  return { cleaner, removals, cleaned };
}

/** Lets the cleaner do what there is to do. */
export async function untilIdle(cleaner: LogCleaner, time: ManualTime): Promise<void> {
  await time.settle();
  while (cleaner.running > 0) await time.settle();
}

/** Has the log cleaned as far as it may be. */
export async function clean(
  disk: Disk,
  { log, time, queue }: LogUnderTest,
  config: Partial<CleanerConfig> = {},
): Promise<CleanerUnderTest> {
  queue.flush();
  const opened = openCleaner(disk, time, () => [log], config);
  opened.cleaner.start();
  await untilIdle(opened.cleaner, time);
  await opened.cleaner.close();
  // A log that could not be cleaned would pass for one that had nothing to clean.
  expect(opened.cleaner.isUncleanable(log)).toBe(false);
  return opened;
}

export interface PlainRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}

/** The records of all data batches, opened. */
export async function recordsIn(log: Log): Promise<PlainRecord[]> {
  const records: PlainRecord[] = [];
  for (const batch of batches(readAll(log))) {
    if (batch.isControl) continue;
    const payload = await decompressBatch(batch, nodeCompute, 1_000_000);
    for (const { offset, timestamp, key, value } of recordsOf(batch, payload)) {
      records.push({ offset, timestamp, key: key?.toString() ?? null, value: value?.toString() ?? null });
    }
  }
  return records;
}
