import { expect, test } from "vitest";
import { nodeTimers } from "../../../src/io/node/node-timers.ts";
import { WriteQueue } from "../../../src/log/write-queue.ts";
import { ManualTime } from "../../support/manual-time.ts";

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

function megabytes(count: number): number {
  return count * 1_048_576;
}

/** A log that only `write` writes, in the event loop, and what appends to it. */
function logOf(queue: WriteQueue, write: () => void) {
  const log = {
    pendingBytes: 0,
    isWriting: false,
    isFlushAwaited: false,
    isQueued: false,
    settle: () => Promise.resolve(),
    writePendingAsync: () => Promise.reject(new Error("nothing is written aside")),
    writePending: () => {
      log.isQueued = false;
      write();
    },
  };
  const append = (bytes: number): void => {
    log.pendingBytes += bytes;
    if (log.isQueued) return;
    log.isQueued = true;
    queue.add(log);
  };
  return { log, append };
}

test("what comes behind a write that is under way counts, turn by turn, until the disk counts as behind", () => {
  const ends: (() => void)[] = [];
  const clock = { monotonicMs: () => 0, wallMs: () => 0 };
  const timers = { ...nodeTimers, endOfTurn: (callback: () => void) => void ends.push(callback) };
  const queue = new WriteQueue({ timers, clock });
  const written: number[] = [];
  const { log, append } = logOf(queue, () => {
    written.push(log.pendingBytes);
    log.pendingBytes = 0;
  });
  const appendAndEnd = (bytes: number): void => {
    append(bytes);
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

test("who cannot wait has that written, too, which a thread is writing", () => {
  const ends: (() => void)[] = [];
  const queue = new WriteQueue({
    timers: { ...nodeTimers, endOfTurn: (callback) => void ends.push(callback) },
    clock: { monotonicMs: () => 0, wallMs: () => 0 },
    choice: { wayFor: () => "aside", note: () => {} },
  });
  const told: string[] = [];
  queue.add({
    pendingBytes: 1,
    isWriting: true,
    isFlushAwaited: false,
    isQueued: true,
    settle: () => Promise.resolve(),
    writePendingAsync: () => new Promise(() => told.push("aside")),
    writePending: () => void told.push("now"),
  });
  for (const each of ends.splice(0)) each();
  expect(told).toEqual(["aside"]);
  queue.flush();
  expect(told).toEqual(["aside", "now"]);
});

test("what the system is too short of descriptors to write counts, with what comes behind it, and is tried again later", async () => {
  const time = new ManualTime();
  const queue = new WriteQueue({ timers: time, clock: time });
  let isShort = true;
  let tries = 0;
  const { log, append: appendNow } = logOf(queue, () => {
    tries++;
    if (isShort) queue.addLater(log);
    else log.pendingBytes = 0;
  });
  const append = async (bytes: number): Promise<void> => {
    appendNow(bytes);
    await time.settle();
  };
  await append(megabytes(64));
  expect([queue.isBehind, tries]).toEqual([false, 1]);
  await append(1);
  expect([queue.isBehind, tries]).toEqual([true, 1]);
  // To try at once would only fail again, however much it is.
  await append(megabytes(300));
  expect([queue.isBehind, tries]).toEqual([true, 1]);
  queue.goOn(log);
  await time.advance(50);
  expect([queue.isBehind, tries]).toEqual([true, 1]);
  // Who cannot wait tries it at once; that is no reason to try more often from then on.
  queue.flush();
  await time.advance(50);
  expect([queue.isBehind, tries]).toEqual([true, 3]);
  await time.advance(99);
  expect([queue.isBehind, tries]).toEqual([true, 3]);
  isShort = false;
  await time.advance(1);
  expect([queue.isBehind, tries, log.pendingBytes]).toEqual([false, 4, 0]);
  await time.advance(1_000);
  await append(1);
  expect([queue.isBehind, tries, log.pendingBytes]).toEqual([false, 5, 0]);
});

test("a log that waits for descriptors is written by whoever cannot wait, and counts no more", async () => {
  const time = new ManualTime();
  const queue = new WriteQueue({ timers: time, clock: time });
  let isShort = true;
  const log = {
    pendingBytes: 100_000_000,
    isWriting: false,
    isFlushAwaited: false,
    isQueued: true,
    settle: () => Promise.resolve(),
    writePendingAsync: () => Promise.reject(new Error("nothing is written aside")),
    writePending: () => {
      log.isQueued = false;
      if (isShort) queue.addLater(log);
      else log.pendingBytes = 0;
    },
  };
  queue.add(log);
  await time.settle();
  isShort = false;
  queue.flush();
  expect(log.pendingBytes).toBe(0);
  await time.advance(100);
  expect(queue.isBehind).toBe(false);
});
