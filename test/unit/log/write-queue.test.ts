import { expect, test } from "vitest";
import { nodeTimers } from "../../../src/io/node/node-timers.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";

/** A queue, and what its logs were asked to write. */
function open() {
  const queue = new WriteQueue({ timers: { ...nodeTimers, endOfTurn: () => {} } });
  const written: string[] = [];
  const add = (name: string, then?: () => void): void =>
    queue.add({
      pendingBytes: 1,
      isWriting: false,
      isFlushAwaited: false,
      isQueued: true,
      settle: () => Promise.resolve(),
      writePendingAsync: () => Promise.resolve(),
      writePending: () => {
        written.push(name);
        then?.();
      },
    });
  return { queue, written, add };
}

test("a log that fails does not keep the others from being written, and the failure is told", () => {
  const { queue, written, add } = open();
  add("one");
  add("two", () => {
    throw new Error("a bug in two");
  });
  add("three", () => {
    throw new Error("a bug in three");
  });
  add("four");
  expect(() => queue.flush()).toThrow("a bug in two");
  expect(written).toEqual(["one", "two", "three", "four"]);
  queue.flush();
  expect(written).toHaveLength(4);
});

test("what others gather until the end of a turn is written with it, and what that leads to in the next one", () => {
  const ends: (() => void)[] = [];
  const queue = new WriteQueue({ timers: { ...nodeTimers, endOfTurn: (callback) => void ends.push(callback) } });
  const told: string[] = [];
  const add = (name: string): void =>
    queue.add({
      pendingBytes: 1,
      isWriting: false,
      isFlushAwaited: false,
      isQueued: true,
      settle: () => Promise.resolve(),
      writePendingAsync: () => Promise.resolve(),
      writePending: () => void told.push(`${name} written`),
    });
  const gather = (name: string, then?: () => void): void =>
    queue.beforeWriting(() => {
      told.push(`${name} appended`);
      add(name);
      then?.();
    });
  gather("one", () => gather("three"));
  gather("broken", () => {
    throw new Error("a bug in broken");
  });
  gather("two");
  expect(ends).toHaveLength(1);
  expect(ends.shift()!).toThrow("a bug in broken");
  const names = ["one", "broken", "two"];
  expect(told.splice(0)).toEqual([
    ...names.map((name) => `${name} appended`),
    ...names.map((name) => `${name} written`),
  ]);
  expect(ends).toHaveLength(1);
  ends.shift()!();
  expect(told).toEqual(["three appended", "three written"]);
  expect(ends).toHaveLength(0);
});

test("what is appended because of a write waits for the next turn", () => {
  const { queue, written, add } = open();
  add("one", () => add("later"));
  queue.flush();
  expect(written).toEqual(["one"]);
  queue.flush();
  expect(written).toEqual(["one", "later"]);
});

test("what comes behind a write that is under way counts, turn by turn, until the disk counts as behind", () => {
  const ends: (() => void)[] = [];
  const clock = { monotonicMs: () => 0, wallMs: () => 0 };
  const timers = { ...nodeTimers, endOfTurn: (callback: () => void) => void ends.push(callback) };
  const queue = new WriteQueue({ timers, clock });
  const megabytes = (count: number): number => count * 1_048_576;
  const written: number[] = [];
  const log = {
    pendingBytes: 0,
    isWriting: false,
    isFlushAwaited: false,
    isQueued: false,
    settle: () => Promise.resolve(),
    writePendingAsync: () => Promise.reject(new Error("only the first write is under way")),
    writePending: () => {
      written.push(log.pendingBytes);
      log.pendingBytes = 0;
      log.isQueued = false;
    },
  };
  const appendAndEnd = (bytes: number): void => {
    log.pendingBytes += bytes;
    if (!log.isQueued) {
      log.isQueued = true;
      queue.add(log);
    }
    for (const each of ends.splice(0)) each();
  };
  // The system holds a write back that a thread makes.
  log.isWriting = true;
  for (const [bytes, isBehind] of [
    [megabytes(40), false],
    [megabytes(24), false],
    [1, true],
    [megabytes(190), true],
  ] as const) {
    appendAndEnd(bytes);
    expect([queue.isBehind, written]).toEqual([isBehind, []]);
  }
  log.isWriting = false;
  log.pendingBytes = megabytes(1);
  queue.goOn(log);
  expect(queue.isBehind).toBe(false);
  for (const each of ends.splice(0)) each();
  expect(written).toEqual([megabytes(1)]);
  // Beyond the bound of what may be left for later, the event loop writes itself.
  log.isWriting = true;
  appendAndEnd(megabytes(100));
  appendAndEnd(megabytes(157));
  expect(written).toEqual([megabytes(1), megabytes(257)]);
});
