import { type Offset } from "../../base/brand.ts";
import { type Logger, type Task, type TaskPorts } from "../../io/ports.ts";
import { LeaderEpochCache } from "../leader-epoch-cache.ts";
import { bytesToRecover, loadLog, type LoadOptions } from "./load-log.ts";
import { ProducerSnapshots } from "../producers/producer-snapshots.ts";
import { ProducerState } from "../producers/producer-state.ts";
import { type RecoveredLog, type RecoveryNote } from "./recovered-log.ts";

/** A log that was not closed in good order, and what the checkpoints say about it. */
export interface LogToRecover {
  /** As messages name the partition: "topic-0". */
  readonly name: string;
  readonly dir: string;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
}

export interface RecoveryInput {
  readonly logs: readonly LogToRecover[];
  readonly indexIntervalBytes: number;
}

/**
 * Recovers logs one after the other: what they consist of is on the disk then as if they had been closed in good order, and
 * the rest of what is known about them is told, in the order of the logs.
 */
export const recoveryTask: Task<RecoveryInput, never, readonly RecoveredLog[]> = {
  name: "recover",
  run: async ({ logs, indexIntervalBytes }, ports, job) => {
    const recovered: RecoveredLog[] = [];
    for (const log of logs) {
      if (job.isCancelled) break;
      recovered.push(recoverLog(log, indexIntervalBytes, ports));
    }
    return recovered;
  },
};

function recoverLog(log: LogToRecover, indexIntervalBytes: number, ports: TaskPorts): RecoveredLog {
  const notes: RecoveryNote[] = [];
  const options = loadOptions(log, indexIntervalBytes, ports, collecting(notes));
  const { producerState, producerSnapshots, leaderEpochs } = options;
  const { segments, ...ends } = loadLog(options);
  for (const segment of segments.all()) segment.close();
  return {
    ...ends,
    segments: segments.all().map(({ baseOffset, sizeBytes, indexes, isUnindexed }) => {
      return { baseOffset, sizeBytes, hasTransactions: indexes.transactions.count > 0, isUnindexed };
    }),
    producers: Array.from(producerState.entries(), (entry) => ({ ...entry })),
    endedTransactions: producerState.transactions.ended(),
    epochs: leaderEpochs.state,
    snapshots: producerSnapshots.state,
    notes,
  };
}

/** How many bytes a recovery of the log would read. */
export function sizeOfRecovery(
  log: LogToRecover,
  indexIntervalBytes: number,
  ports: Pick<TaskPorts, "disk" | "clock">,
  logger: Logger,
): number {
  return bytesToRecover(loadOptions(log, indexIntervalBytes, ports, logger));
}

function loadOptions(
  { name, dir, logStartOffset, recoveryPoint }: LogToRecover,
  indexIntervalBytes: number,
  { disk, clock }: Pick<TaskPorts, "disk" | "clock">,
  logger: Logger,
): LoadOptions {
  const producerState = new ProducerState(name);
  return {
    disk,
    clock,
    logger,
    directory: dir,
    name,
    placeOf: () => ({ disk, directory: dir, rollJitterMs: 0, indexIntervalBytes, preallocatedBytes: 0 }),
    logStartOffset,
    recoveryPoint,
    hadCleanShutdown: false,
    leaderEpochs: new LeaderEpochCache(disk, dir, () => producerState.endOffset),
    producerState,
    producerSnapshots: new ProducerSnapshots({ disk, logger, directory: dir, name, producerState }),
  };
}

/** A thread has no logger: what is to be said is said by whoever takes the log. */
function collecting(notes: RecoveryNote[]): Logger {
  const ignore = (): void => undefined;
  const note = (fields: object, message: string): void => void notes.push({ fields, message });
  const logger: Logger = { child: () => logger, debug: ignore, info: ignore, warn: note, error: note };
  return logger;
}
