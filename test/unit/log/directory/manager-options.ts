import { type Disk } from "../../../../src/io/ports.ts";
import { type LogManagerOptions } from "../../../../src/log/directory/log-manager.ts";
import { defaultLogConfig } from "../../../../src/log/log-config.ts";
import { WriteQueue } from "../../../../src/log/write-queue.ts";
import { type ManualTime } from "../../../support/manual-time.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";
import { silentLogger } from "../../../support/silent-logger.ts";

/** Nothing recurs before the test ends. */
export const neverRecurring = {
  retentionIntervalMs: Infinity,
  initialDelayMs: Infinity,
  flushIntervalMs: Infinity,
  recoveryPointIntervalMs: Infinity,
  logStartIntervalMs: Infinity,
  highWatermarkIntervalMs: Infinity,
  producerIdExpirationMs: Infinity,
  producerIdCheckIntervalMs: Infinity,
} as const;

/** What recurs does so as often as Kafka has it by default; `flush.ms` is left to those who ask for it. */
export const recurringAsUsual = {
  retentionIntervalMs: 300_000,
  initialDelayMs: 30_000,
  flushIntervalMs: Infinity,
  recoveryPointIntervalMs: 60_000,
  logStartIntervalMs: 60_000,
  highWatermarkIntervalMs: 5_000,
  producerIdExpirationMs: 86_400_000,
  producerIdCheckIntervalMs: 600_000,
} as const;

/** What a log manager needs beside how often things recur: a clock, a disk and draws that belong to the test. */
export function managerPorts(time: ManualTime, disk: Disk, random = new SeededRandom(1)) {
  return {
    directories: ["/data"],
    excluded: new Set<string>(),
    defaultConfig: defaultLogConfig,
    disk,
    clock: time,
    timers: time,
    random: { float: () => random.below(1_000) / 1_000, bytes: (length: number) => random.bytes(length) },
    logger: silentLogger,
    writeQueue: new WriteQueue({ timers: time }),
    onDirectoryFailed: () => undefined,
  } satisfies Partial<LogManagerOptions>;
}
