import { describe, expect, test } from "vitest";
import { type LogConfig } from "../../../src/log/log-config.ts";
import { type Log } from "../../../src/log/log.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { BatchView } from "../../../src/protocol/records/batch-header.ts";
import { copyBatches, copyState, truncateToCommonPrefix } from "../../../src/replication/replica-copy.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, marker, startMs } from "../log/batches.ts";
import { openLog, readAll } from "../log/open-log.ts";

function pair(config: Partial<LogConfig> = {}) {
  const disk = new MemoryDisk();
  const { log: source, queue } = openLog(disk, config, { dir: "/one/topic-0" });
  const { log: target } = openLog(disk, config, { dir: "/two/topic-0" });
  const append = (records = batch(), epoch = 0): void => {
    expect(source.appendAsLeader(records, epoch, "client", startMs).ok).toBe(true);
    queue.flush();
    source.highWatermark = source.writtenOffset;
  };
  return { disk, source, target, queue, append };
}

/** Copies until there is no more; returns the bytes of each step. */
function copyAll(source: Log, target: Log, maxBytes = 200): number[] {
  const steps: number[] = [];
  while (target.logEndOffset < source.logEndOffset) {
    const copied = copyBatches(source, target, maxBytes);
    if (!copied.ok) throw new Error(`error ${copied.error}`);
    target.writePending();
    steps.push(copied.bytes);
  }
  return steps;
}

describe("copying", () => {
  test("batches go over as they are, step by step, with epochs, producers and aborted transactions", () => {
    const { source, target, append } = pair({ segmentBytes: 600 });
    for (let index = 0; index < 10; index++) {
      append(batch({ count: 2, producerId: 7, producerEpoch: 0, baseSequence: index * 2 }), index < 5 ? 1 : 3);
    }
    append(batch({ producerId: 9, producerEpoch: 0, baseSequence: 0, isTransactional: true }), 3);
    source.appendAsLeader(marker(9, true), 3, "coordinator", startMs);
    append(batch({ producerId: 8, producerEpoch: 0, baseSequence: 0, isTransactional: true }), 4);
    const steps = copyAll(source, target);
    expect(steps.length).toBeGreaterThan(5);
    expect(readAll(target).equals(readAll(source))).toBe(true);
    copyState(source, target);
    expect(target.leaderEpochs.entries()).toEqual(source.leaderEpochs.entries());
    expect([...target.producerState.entries()]).toEqual([...source.producerState.entries()]);
    expect(target.abortedTransactions(0, 100)).toEqual(source.abortedTransactions(0, 100));
    expect(target.highWatermark).toBe(source.highWatermark);
    expect(target.lastStableOffset).toBe(source.lastStableOffset);
    expect(target.lastStableOffset).toBeLessThan(target.logEndOffset);
  });

  test("only what is written goes over, and is written when its turn ends", () => {
    const { source, target } = pair();
    source.appendAsLeader(batch({ count: 4 }), 0, "client", startMs);
    expect(copyBatches(source, target, 1_000)).toEqual({ ok: true, bytes: 0 });
    source.writePending();
    expect(copyBatches(source, target, 1_000)).toMatchObject({ ok: true });
    expect([target.logEndOffset, target.writtenOffset, source.writtenOffset]).toEqual([4, 0, 4]);
    target.writePending();
    expect(target.writtenOffset).toBe(4);
    expect(copyBatches(source, target, 1_000)).toEqual({ ok: true, bytes: 0 });
  });

  test("a log that begins within a batch is copied from that batch on, and begins there too", () => {
    const { source, target, append } = pair();
    for (let index = 0; index < 4; index++) append(batch({ count: 5 }));
    source.maybeIncrementLogStartOffset(12);
    copyAll(source, target);
    expect([target.logStartOffset, target.logEndOffset]).toEqual([12, 20]);
    expect(target.segmentSizes()[0]!.baseOffset).toBe(10);
  });

  test("a copy that retention has overtaken begins anew", () => {
    const { source, target, append } = pair();
    append(batch({ count: 5 }));
    copyAll(source, target);
    for (let index = 0; index < 4; index++) append(batch({ count: 5 }));
    source.maybeIncrementLogStartOffset(15);
    copyAll(source, target);
    expect([target.logStartOffset, target.logEndOffset]).toEqual([15, 25]);
    expect(readAll(target).equals(readAll(source))).toBe(true);
  });

  test("an epoch without records, and a producer of which the records are gone, go over with the state", () => {
    const { source, target, append } = pair();
    append(batch({ producerId: 5, producerEpoch: 2, baseSequence: 0 }), 1);
    append(batch(), 1);
    source.maybeIncrementLogStartOffset(1);
    source.beginEpoch(6);
    copyAll(source, target);
    expect([target.leaderEpochs.latestEpoch, target.producerState.get(5)]).toEqual([1, undefined]);
    copyState(source, target);
    expect(target.leaderEpochs.entries()).toEqual(source.leaderEpochs.entries());
    expect(target.producerState.get(5)).toMatchObject({ producerEpoch: 2, lastSequence: 0 });
  });

  test("a damaged batch is not copied, and says so", () => {
    const { source, target, append, disk } = pair();
    append(batch({ count: 3 }));
    source.releaseTail();
    const file = disk.open("/one/topic-0/00000000000000000000.log", "readwrite");
    file.write([Buffer.from("!")], 70);
    expect(copyBatches(source, target, 1_000)).toEqual({ ok: false, error: Errors.CORRUPT_MESSAGE });
    expect(target.logEndOffset).toBe(0);
  });

  test("a disk that fails is an error, on either side", () => {
    const { source, target, append, disk } = pair();
    append();
    disk.fail("write", "EIO", { path: /^\/two\// });
    copyBatches(source, target, 1_000);
    target.writePending();
    expect(copyBatches(source, target, 1_000)).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
    expect([source.isOffline, target.isOffline]).toEqual([false, true]);
  });
});

describe("going on after a restart", () => {
  test.each([
    ["the same end", [1, 1, 1], [1, 1, 1], 3],
    ["a copy that is behind", [1, 1, 2], [1], 1],
    ["a copy that is ahead", [1], [1, 1, 1], 1],
    ["another end in a later epoch", [1, 1, 3, 3], [1, 1, 2, 2, 2], 2],
    ["another end of the same epoch number is cut to where the source's ends", [1, 2, 2], [1, 2, 2, 2], 3],
    ["epochs that only the copy has, one after the other", [1, 5], [1, 2, 3, 4], 1],
    ["an empty source", [], [1, 2], 0],
    ["an empty copy", [1], [], 0],
  ])("%s: source %j, copy %j", (_name, inSource, inTarget, common) => {
    const disk = new MemoryDisk();
    const logs = [inSource, inTarget].map((epochs, index) => {
      const { log, queue } = openLog(disk, {}, { dir: `/${index}/topic-0` });
      for (const epoch of epochs) log.appendAsLeader(batch(), epoch, "client", startMs);
      queue.flush();
      return log;
    });
    const [source, target] = logs as [Log, Log];
    truncateToCommonPrefix(source, target);
    expect(target.logEndOffset).toBe(common);
    copyAll(source, target);
    expect(readAll(target).equals(readAll(source))).toBe(true);
    copyState(source, target);
    expect(target.leaderEpochs.entries()).toEqual(source.leaderEpochs.entries());
  });

  test("a disk that fails while the copy is cut ends that", () => {
    const disk = new MemoryDisk();
    const [source, target] = [
      [1, 3, 5],
      [1, 2, 4],
    ].map((epochs, index) => {
      const { log, queue } = openLog(disk, {}, { dir: `/${index}/topic-0` });
      for (const epoch of epochs) log.appendAsLeader(batch(), epoch, "client", startMs);
      queue.flush();
      return log;
    }) as [Log, Log];
    disk.fail("sync", "EIO", { path: /^\/1\// });
    truncateToCommonPrefix(source, target);
    expect([source.isOffline, target.isOffline]).toEqual([false, true]);
  });

  test("records that came back with a crash, without their epochs, are copied anew", () => {
    const disk = new MemoryDisk();
    const opened = { dir: "/one/topic-0" };
    const first = openLog(disk, {}, opened);
    const { log: target } = openLog(new MemoryDisk(), {}, { dir: "/two/topic-0" });
    for (const log of [first.log, target]) for (let count = 0; count < 3; count++) log.appendAsFollower(at(count, 1));
    // The copy is out of reach while another leader overwrites a record and somebody deletes the beginning.
    first.log.truncateTo(2);
    for (const [offset, epoch] of [
      [2, 2],
      [3, 3],
    ] as const)
      first.log.appendAsFollower(at(offset, epoch));
    first.queue.flush();
    first.log.highWatermark = 4;
    first.log.maybeIncrementLogStartOffset(3);
    first.log.close();
    // Nobody wrote down that it had.
    const { log: source } = openLog(disk.kill(), {}, { ...opened, hadCleanShutdown: true });
    expect([source.logStartOffset, source.leaderEpochs.entries()]).toEqual([0, [{ epoch: 3, startOffset: 3 }]]);
    truncateToCommonPrefix(source, target);
    copyAll(source, target);
    expect(readAll(target).equals(readAll(source))).toBe(true);
  });
});

function at(offset: number, epoch: number): Buffer {
  const records = batch({ value: Buffer.from(`of epoch ${epoch}`) });
  const view = new BatchView(records, 0);
  view.setBaseOffset(offset);
  view.setPartitionLeaderEpoch(epoch);
  return records;
}
