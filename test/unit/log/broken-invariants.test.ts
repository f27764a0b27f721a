import { afterEach, beforeEach, expect, test } from "vitest";
import { InvariantError } from "../../../src/base/assert.ts";
import { type LogConfig } from "../../../src/log/log-config.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { type LogUnderTest, openLog } from "./open-log.ts";

/** What nobody has caught: the node's end. */
const uncaught: unknown[] = [];
const note = (error: unknown): void => void uncaught.push(error);
let others: NodeJS.UnhandledRejectionListener[] = [];

beforeEach(() => {
  others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", note);
  uncaught.length = 0;
});

afterEach(() => {
  process.removeAllListeners("unhandledRejection");
  for (const each of others) process.on("unhandledRejection", each);
});

/** A log with a record that is not durable, of which every fsync comes by something broken. */
function open(config: Partial<LogConfig> = {}): LogUnderTest {
  const disk = new MemoryDisk();
  const under = openLog(disk, config);
  disk.onOperation = (operation) => {
    if (operation === "sync") throw new InvariantError("broken");
  };
  under.log.appendAsLeader(batch(), 0, "client", startMs);
  under.queue.flush();
  return under;
}

test("a flush that somebody waits for rejects with it, and blames no disk", async () => {
  const { log, diskErrors } = open();
  await expect(log.flush()).rejects.toBeInstanceOf(InvariantError);
  await expect(log.advanceRecoveryPoint()).rejects.toBeInstanceOf(InvariantError);
  const closing = log.flush();
  log.abandon();
  await expect(closing).rejects.toBeInstanceOf(InvariantError);
  expect([diskErrors, log.isOffline]).toEqual([[], false]);
});

test.each<[string, Partial<LogConfig>, (under: LogUnderTest) => unknown]>([
  ["a roll", {}, ({ log }) => log.roll()],
  ["flush.ms", { flushMs: 0 }, ({ log }) => log.flushIfDue()],
  ["flush.messages", { flushMessages: 1 }, () => undefined],
])("the flush of %s, which nobody waits for, ends the node with it", async (_of, config, act) => {
  const under = open(config);
  act(under);
  await under.time.settle();
  expect(uncaught.length).toBeGreaterThan(0);
  expect(uncaught.every((error) => error instanceof InvariantError)).toBe(true);
  expect(under.diskErrors).toEqual([]);
});
