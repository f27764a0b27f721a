import { expect } from "vitest";
import { type Disk, DiskError } from "../../../src/io/ports.ts";
import { type Log } from "../../../src/log/log.ts";
import { type ProducerEntry } from "../../../src/log/producers/producer-entry.ts";
import { BatchView } from "../../../src/protocol/records/batch-header.ts";
import { batch, marker, startMs } from "./batches.ts";
import { type LogUnderTest, logDirectory, openLog, readAll } from "./open-log.ts";

export const configToCut = { segmentBytes: 400, indexIntervalBytes: 100 };

export const cuts: Record<string, (log: Log) => void> = {
  "within the active segment": (log) => log.truncateTo(22),
  "over several segments": (log) => log.truncateTo(7),
  "of everything": (log) => log.truncateFullyAndStartAt(3),
};

/** Some segments with several epochs, producers, and transactions that were aborted or are open; no file of it is open. */
export function logToCut(disk: Disk, dir = logDirectory): LogUnderTest {
  const written = openLog(disk, configToCut, { dir });
  const { log, queue } = written;
  for (let count = 0; count < 20; count++) {
    const epoch = Math.floor(count / 6);
    const timestamp = startMs + count;
    appendTo(log, batch({ producerId: 7, producerEpoch: 0, baseSequence: count, timestamp }), epoch);
    const transactional = { producerEpoch: 0, baseSequence: 0, isTransactional: true, timestamp };
    if (count === 4 || count === 16) appendTo(log, batch({ producerId: 8 + count, ...transactional }), epoch);
    if (count === 6) appendTo(log, marker(12, true, timestamp), epoch);
    queue.flush();
  }
  log.highWatermark = 5;
  log.close();
  return openLog(disk, configToCut, { dir, hadCleanShutdown: true });
}

export function appendTo(log: Log, records: Buffer, epoch: number): void {
  const origin = new BatchView(records, 0).isControl ? "coordinator" : "client";
  expect(log.appendAsLeader(records, epoch, origin, startMs)).toMatchObject({ ok: true });
}

/** All that a cut changes. */
export function stateOf({ log }: LogUnderTest) {
  return {
    start: log.logStartOffset,
    end: log.logEndOffset,
    segments: log.segmentSizes(),
    bytes: readAll(log).toString("hex"),
    epochs: log.leaderEpochs.entries(),
    producers: Array.from(log.producerState.entries(), producerOf),
    firstUndecided: log.producerState.transactions.firstUndecidedOffset,
    aborted: log.abortedTransactions(log.logStartOffset, log.logEndOffset),
    largestTimestamp: log.storage.segments.active.indexes.maxTimestamp,
  };
}

/** Without the batches that are known for repetitions: there are as many as could be read since the last snapshot. */
function producerOf({
  producerId,
  producerEpoch,
  lastSequence,
  lastDataOffset,
  transactionFirstOffset,
}: ProducerEntry) {
  return { producerId, producerEpoch, lastSequence, lastDataOffset, transactionFirstOffset };
}

/** Whether it was refused for want of descriptors. */
export function isRefused(act: () => void): boolean {
  try {
    act();
    return false;
  } catch (error) {
    expect(DiskError.from(error).isShortage).toBe(true);
    return true;
  }
}
