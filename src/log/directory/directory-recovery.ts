import { type Clock, type Disk, DiskError, type Logger, type Workers } from "../../io/ports.ts";
import { type RecoveredLog } from "../recovery/recovered-log.ts";
import { recoveryTask, sizeOfRecovery } from "../recovery/recovery-task.ts";
import { type FoundLog } from "./directory-contents.ts";
import { type LogDirectory } from "./log-directory.ts";

export interface DirectoryRecoveryOptions {
  readonly workers: Workers;
  /** As many threads as may work on one directory. */
  readonly threadsMax: number;
  /** Few logs that have no more to be read are left to be recovered in place. */
  readonly inPlaceBytesMax: number;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly indexIntervalBytes: number;
  /** By the directories of the logs: takes what is found out. */
  readonly recovered: Map<string, RecoveredLog>;
}

/** So much is read about as soon as threads are started. */
export const recoveredInPlaceBytesMax = 33_554_432;
/** Of more logs than this nobody counts beforehand how much there is to read. */
const countedLogsMax = 50;
const logsPerTaskMax = 50;
/** So many tasks a thread, so that all end at about the same time. */
const tasksPerThread = 8;

/**
 * Has threads recover the logs of a directory that was not closed in good order, when that is worth starting them. A disk
 * that fails takes the directory offline, and what a thread has not done is left to be done in place. Rejects only where the
 * system is short of descriptors.
 */
export async function recoverInThreads(
  directory: LogDirectory,
  found: readonly FoundLog[],
  options: DirectoryRecoveryOptions,
): Promise<void> {
  const waiting = found.filter(({ kind }) => kind === "current" || kind === "future");
  let isLarge = false;
  directory.guardUnlessShort(() => (isLarge = areLarge(waiting, options)));
  if (!isLarge) return;
  const { clock, logger, threadsMax } = options;
  const startedMs = clock.monotonicMs();
  const count = waiting.length;
  logger.info({ directory: directory.path, count }, "Recovering the logs: they were not closed in good order");
  const logsPerTask = Math.min(logsPerTaskMax, Math.ceil(count / (threadsMax * tasksPerThread)));
  const work = async (): Promise<void> => {
    while (directory.isOnline && waiting.length > 0) await recover(directory, waiting.splice(0, logsPerTask), options);
  };
  await Promise.all(Array.from({ length: threadsMax }, work));
  const durationMs = Math.round(clock.monotonicMs() - startedMs);
  logger.info({ directory: directory.path, durationMs }, "The logs are recovered");
}

/** Whether threads have recovered the logs sooner than they would be in place. */
function areLarge(logs: readonly FoundLog[], options: DirectoryRecoveryOptions): boolean {
  const { disk, clock, logger, indexIntervalBytes, inPlaceBytesMax } = options;
  if (logs.length > countedLogsMax) return true;
  let sizeBytes = 0;
  for (const log of logs) sizeBytes += sizeOfRecovery(log, indexIntervalBytes, { disk, clock }, logger);
  return sizeBytes > inPlaceBytesMax;
}

async function recover(
  directory: LogDirectory,
  logs: readonly FoundLog[],
  { workers, indexIntervalBytes, recovered, logger }: DirectoryRecoveryOptions,
): Promise<void> {
  try {
    const outcomes = await workers.run(recoveryTask, { logs, indexIntervalBytes });
    for (const [index, outcome] of outcomes.entries()) recovered.set(logs[index]!.dir, outcome);
  } catch (error) {
    if (error instanceof DiskError && !error.isShortage) directory.fail(error);
    else logger.warn({ error, directory: directory.path }, "A thread could not recover logs: it is done in place");
  }
}
