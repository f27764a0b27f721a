import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { type Log } from "../../../src/log/log.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, openLog } from "./open-log.ts";
import { appendTo } from "./log-to-cut.ts";

/** What the draw of a loss of power leaves: nothing that was not synced. */
const nothing = (): number => 0;
const small = { segmentBytes: 400 };
const epochs = `${logDirectory}/leader-epoch-checkpoint`;

/** Of records without an epoch: no small file is written beside them. */
function fill(log: Log, count: number): void {
  for (let index = 0; index < count; index++) appendTo(log, batch(), -1);
  log.writePending();
  log.highWatermark = log.logEndOffset;
}

function logsAmong(disk: MemoryDisk): string[] {
  return disk.list(logDirectory).filter((name) => name.endsWith(".log"));
}

/** The log directory says then that it was closed in good order. */
const stops: Record<string, (log: Log) => Promise<void>> = {
  "a stop": async (log) => {
    await log.prepareClose();
    log.close();
  },
  "a stop in one go": async (log) => log.close(),
};

test.each(Object.entries(stops))("%s makes durable the epochs of what a killed process wrote", async (_name, stop) => {
  const disk = new MemoryDisk();
  const killed = openLog(disk);
  appendTo(killed.log, batch(), 0);
  await killed.log.flush();
  appendTo(killed.log, batch(), 1);
  killed.queue.flush();
  const { recoveryPoint } = killed.log;
  const after = disk.kill();
  const { log } = openLog(after, {}, { recoveryPoint });
  await stop(log);
  expect(after.crash(nothing).readFile(epochs).toString()).toBe("0\n2\n0 0\n1 1\n");
});

test.each(Object.entries(stops))("%s makes durable the names that a killed process left", async (_name, stop) => {
  const disk = new MemoryDisk();
  const config = { ...small, retentionMs: 1 };
  const killed = openLog(disk, config);
  fill(killed.log, 12);
  await killed.log.flush();
  expect(logsAmong(disk).length).toBeGreaterThan(1);
  killed.log.deleteOldSegments(startMs + 1e9, () => undefined);
  const recoveryPoint = killed.log.logEndOffset;
  const after = disk.kill();
  const { log } = openLog(after, config, { recoveryPoint });
  const names = logsAmong(after);
  await stop(log);
  expect(logsAmong(after.crash(nothing))).toEqual(names);
});

test("names that change while a stop is syncing the others are durable when it is over", async () => {
  const disk = new MemoryDisk();
  const { log, diskErrors } = openLog(disk, small);
  fill(log, 30);
  await log.flush();
  const pass = async (turns: number): Promise<void> => {
    for (let turn = 0; turn < turns; turn++) await setImmediate();
  };
  // Rolls have begun flushes of their own.
  await pass(60);
  const before = logsAmong(disk).length;
  const deleteDownTo = (retentionBytes: number): void => {
    disk.fail("sync", "EMFILE", { path: /topic-0$/, times: 1 });
    log.updateConfig({ ...log.config, retentionBytes });
    expect(log.deleteOldSegments(startMs, () => undefined)).toBeGreaterThan(0);
  };
  // What could not be synced the stop has to make up for.
  deleteDownTo(1_600);
  await pass(3);
  disk.syncTurns = () => 8;
  const closing = log.prepareClose();
  await pass(3);
  disk.syncTurns = () => 0;
  deleteDownTo(800);
  await pass(3);
  await closing;
  log.close();
  const names = logsAmong(disk);
  expect([names.length < before, diskErrors]).toEqual([true, []]);
  expect(logsAmong(disk.crash(nothing))).toEqual(names);
});
