import { describe, expect, test } from "vitest";
import { LeaderEpochCache } from "../../../src/log/leader-epoch-cache.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";

const path = "/log/leader-epoch-checkpoint";

function cache(entries: [epoch: number, startOffset: number][], end = 100, disk = new MemoryDisk()) {
  disk.mkdir("/log");
  const log = { endOffset: end };
  const epochs = new LeaderEpochCache(disk, "/log", () => log.endOffset);
  for (const [epoch, startOffset] of entries) epochs.assign(epoch, startOffset);
  return { epochs, disk, log, text: () => disk.readFile(path).toString() };
}

const pairs = (epochs: LeaderEpochCache) => epochs.entries().map(({ epoch, startOffset }) => [epoch, startOffset]);

describe("leader epochs", () => {
  test.each(["sync", "syncAsync"] as const)("are in Kafka's file after %s, and not before", async (sync) => {
    const { epochs, disk, text } = cache([
      [1, 0],
      [4, 12],
    ]);
    expect(disk.exists(path)).toBe(false);
    expect(await epochs[sync]()).toBe(true);
    expect(text()).toBe("0\n2\n1 0\n4 12\n");
    expect(await epochs[sync]()).toBe(false);
  });

  test("an epoch that began is known at once, and written when it has a record", async () => {
    const { epochs, log, text } = cache([[1, 0]]);
    epochs.sync();
    epochs.assign(2, 100);
    expect(epochs.latestEpoch).toBe(2);
    expect(epochs.endOffsetFor(1)).toEqual({ leaderEpoch: 1, endOffset: 100 });
    expect([epochs.sync(), await epochs.syncAsync(), text()]).toEqual([false, false, "0\n1\n1 0\n"]);
    log.endOffset = 101;
    expect([epochs.sync(), text()]).toEqual([true, "0\n2\n1 0\n2 100\n"]);
  });

  test("what a start finds outside the log is dropped without a write", () => {
    const {
      epochs: before,
      disk,
      text,
    } = cache([
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 50],
    ]);
    before.sync();
    const { epochs, log } = cache([], 50, disk);
    epochs.load(true);
    epochs.fitTo(12, 50);
    expect(pairs(epochs)).toEqual([
      [2, 12],
      [3, 20],
    ]);
    expect(epochs.sync()).toBe(false);
    // With the next record, lest the one that was dropped come back when the log has grown past it.
    log.endOffset = 51;
    expect([epochs.sync(), text()]).toEqual([true, "0\n2\n2 12\n3 20\n"]);
  });

  test("what recovery has found anew is written with the next flush", () => {
    const { epochs: before, disk, text } = cache([[1, 0]]);
    before.sync();
    const { epochs, log } = cache([], 50, disk);
    epochs.load(false);
    epochs.forgetFrom(0);
    epochs.find(1, 0);
    epochs.find(2, 30);
    epochs.fitTo(0, 50);
    const { epochs: taker } = cache([], log.endOffset, disk);
    taker.takeOver(epochs.state);
    expect([taker.sync(), text()]).toEqual([true, "0\n2\n1 0\n2 30\n"]);
  });

  test("a new entry replaces those that contradict it", () => {
    expect(
      pairs(
        cache([
          [1, 0],
          [2, 10],
          [3, 20],
          [2, 15],
        ]).epochs,
      ),
    ).toEqual([
      [1, 0],
      [2, 15],
    ]);
    expect(
      pairs(
        cache([
          [1, 0],
          [2, 10],
          [5, 10],
        ]).epochs,
      ),
    ).toEqual([
      [1, 0],
      [5, 10],
    ]);
    expect(
      pairs(
        cache([
          [1, 5],
          [2, 10],
          [2, 12],
          [3, 3],
        ]).epochs,
      ),
    ).toEqual([[3, 3]]);
    expect(
      pairs(
        cache([
          [1, 0],
          [2, 10],
          [2, 5],
        ]).epochs,
      ),
    ).toEqual([
      [1, 0],
      [2, 5],
    ]);
  });

  test("where an epoch ends: at the next one's start, the latest at the log's end", () => {
    const { epochs } = cache([
      [2, 5],
      [4, 10],
      [7, 30],
    ]);
    const ends = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8].map((requested) => {
      const { leaderEpoch, endOffset } = epochs.endOffsetFor(requested);
      return [leaderEpoch, endOffset];
    });
    expect(ends).toEqual([
      [-1, -1],
      // Before the first that is known: what is before its start was written then.
      [0, 5],
      [1, 5],
      [2, 10],
      [2, 10],
      [4, 30],
      [4, 30],
      [4, 30],
      [7, 100],
      [-1, -1],
    ]);
    expect([4, 5, 9, 10, 31].map((offset) => epochs.epochFor(offset))).toEqual([undefined, 2, 2, 4, 7]);
  });

  test("nothing is known of an empty log", () => {
    const { epochs } = cache([]);
    expect([epochs.latestEpoch, epochs.endOffsetFor(0), epochs.epochFor(0)]).toEqual([
      -1,
      { leaderEpoch: -1, endOffset: -1 },
      undefined,
    ]);
  });

  test("are cut from both ends, in the file too", () => {
    const { epochs, log, text } = cache([
      [1, 0],
      [2, 10],
      [3, 20],
    ]);
    epochs.sync();
    log.endOffset = 20;
    epochs.truncateFromEnd(20);
    expect(epochs.sync()).toBe(false);
    epochs.truncateFromStart(5);
    expect([epochs.sync(), text()]).toEqual([true, "0\n2\n1 5\n2 10\n"]);
    epochs.truncateFromStart(10);
    expect(pairs(epochs)).toEqual([[2, 10]]);
    epochs.truncateFromStart(3);
    expect(pairs(epochs)).toEqual([[2, 10]]);
    epochs.truncateFromEnd(10);
    expect(pairs(epochs)).toEqual([]);
  });

  test.each([
    "",
    "0\n",
    "0\n2\n1 0\n",
    "1\n1\n1 0\n",
    "0\n1\n1 0",
    "0\n1\n1 x\n",
    "0\n2\n2 0\n1 5\n",
    "0\n2\n1 5\n2 5\n",
    "0\n1\n1 0 0\n",
  ])("a damaged file is told: %j", (text) => {
    const { epochs, disk } = cache([[9, 9]]);
    disk.writeFileAtomic(path, text);
    expect(epochs.load(true)).toBe(false);
    expect(epochs.entries()).toEqual([]);
  });

  test("that come while the others are being synced are synced the next time", async () => {
    const { epochs, disk } = cache([[1, 0]]);
    const syncing = epochs.syncAsync();
    epochs.assign(2, 10);
    expect(await syncing).toBe(true);
    expect(await epochs.syncAsync()).toBe(true);
    expect(await epochs.syncAsync()).toBe(false);
    disk.settle("/log");
    const { epochs: loaded } = cache(
      [],
      100,
      disk.crash(() => 0),
    );
    expect(loaded.load(true)).toBe(true);
    expect(pairs(loaded)).toEqual([
      [1, 0],
      [2, 10],
    ]);
  });

  test("that are cleared while they are being synced do not come back", async () => {
    const { epochs, text } = cache([[1, 0]]);
    const syncing = epochs.syncAsync();
    epochs.clear();
    expect(text()).toBe("0\n0\n");
    await syncing;
    expect(text()).toBe("0\n0\n");
  });

  test("follow a log that moves while they are being synced", async () => {
    const { epochs, disk } = cache([[1, 0]]);
    const syncing = epochs.syncAsync();
    disk.rename("/log", "/moved");
    epochs.moveTo("/moved");
    await syncing;
    expect(disk.list("/moved")).toEqual(["leader-epoch-checkpoint"]);
  });

  test("are durable after a sync", () => {
    const { epochs, disk } = cache([[1, 0]]);
    expect(epochs.sync()).toBe(true);
    expect(epochs.sync()).toBe(false);
    disk.settle("/log");
    const { epochs: loaded } = cache(
      [],
      100,
      disk.crash(() => 0),
    );
    expect(loaded.load(true)).toBe(true);
    expect(pairs(loaded)).toEqual([[1, 0]]);
  });
});
