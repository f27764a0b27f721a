import { describe, expect, test } from "vitest";
import { type AppendOutcome } from "../../../src/coordinator/runtime/partition-log.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { type LogConfig } from "../../../src/log/log-config.ts";
import { BatchOpener } from "../../../src/log/validation/batch-opener.ts";
import { Errors, type ErrorCode } from "../../../src/protocol/errors.ts";
import { compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { BatchView } from "../../../src/protocol/records/batch-header.ts";
import { batches, onlyBatch } from "../../../src/protocol/records/batches.ts";
import { decompressBatch, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { CoordinatorLog, type CoordinatorLogOptions } from "../../../src/server/coordinator-log.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { unusedWorkers } from "../../support/unused-workers.ts";
import { batch, marker, startMs } from "../log/batches.ts";
import { openReplicas, registration } from "../replication/replicas.ts";
import { openVerification } from "../replication/verification.ts";

const at = { topic: "topic", partition: 0 };

function open(disk = new MemoryDisk(), config: Partial<LogConfig> = {}) {
  const opened = openReplicas(disk, { segmentBytes: 5_000, ...config });
  return { ...opened, log: logOn(opened) };
}

function logOn(
  { replicas, time }: ReturnType<typeof openReplicas>,
  options: Partial<CoordinatorLogOptions> = {},
): CoordinatorLog {
  const { verification } = openVerification(time);
  const opener = new BatchOpener(nodeCompute, unusedWorkers);
  const own = { replicas, clock: time, timers: time, verification, opener, loadBufferSizeBytes: 3_000 };
  return new CoordinatorLog({ ...own, ...options });
}

/** The outcome as far as there is one. */
function watched<T>(promise: Promise<T>): { outcome: T | undefined } {
  const seen: { outcome: T | undefined } = { outcome: undefined };
  void promise.then((outcome) => (seen.outcome = outcome));
  return seen;
}

function committed(appended: AppendOutcome): Promise<ErrorCode> {
  return appended.ok ? appended.committed : Promise.resolve(appended.error);
}

describe("a coordinator's batch is what the topic wants", () => {
  const value = Buffer.alloc(2_000, "x");

  /** What becomes of a batch: the one that is in the log then, or the error. */
  async function written(config: Partial<LogConfig>, records: Buffer): Promise<BatchView | ErrorCode> {
    const { host, log, queue } = open(undefined, config);
    const partition = host();
    const prepared = (await log.prepare(at, records)) ?? { ok: true, records };
    if (!prepared.ok) return prepared.error;
    const appended = log.append(at, prepared.records);
    if (!appended.ok) return appended.error;
    queue.flush();
    const read = partition.log.read(0, 10_000, 1, true);
    return read.ok ? onlyBatch(read.records) : read.error;
  }

  const plain = (timestamp = startMs) => batch({ key: "key", value, timestamp });
  const gzipped = (timestamp?: number) => compressBatch(plain(timestamp), "gzip", nodeCompute);

  test.each(["gzip", "snappy", "lz4", "zstd"] as const)("compressed: %s", async (compressionType) => {
    for (const records of [plain(), await gzipped()]) {
      const batch = (await written({ compressionType }, records)) as BatchView;
      expect([batch.compression, batch.isValidCrc()]).toEqual([compressionType, true]);
      const [record] = recordsOf(batch, await decompressBatch(batch, nodeCompute, 10_000));
      expect([record!.key?.toString(), record!.value]).toEqual(["key", value]);
    }
  });

  test("not compressed, or as the coordinator likes it", async () => {
    for (const [compressionType, compression] of [
      ["uncompressed", "none"],
      ["producer", "gzip"],
    ] as const) {
      expect(await written({ compressionType }, await gzipped())).toMatchObject({ compression });
      expect(await written({ compressionType }, plain())).toMatchObject({ compression: "none" });
    }
  });

  test("but the end of a transaction is compressed by nobody", async () => {
    expect(await written({ compressionType: "gzip" }, marker(7, false))).toMatchObject({ compression: "none" });
  });

  test("within the bounds of its timestamps, compressed or not", async () => {
    const bounds = { messageTimestampBeforeMaxMs: 0, messageTimestampAfterMaxMs: 0 };
    for (const make of [plain, gzipped]) {
      expect(await written(bounds, await make(startMs))).toBeInstanceOf(BatchView);
      for (const aside of [-1, 1]) {
        const records = await make(startMs + aside);
        expect(await written(bounds, Buffer.from(records))).toBe(Errors.INVALID_TIMESTAMP);
        const stamped = (await written({ ...bounds, messageTimestampType: "LogAppendTime" }, records)) as BatchView;
        expect([stamped.timestampType, stamped.maxTimestamp]).toEqual(["logAppendTime", startMs]);
      }
    }
    expect(await written(bounds, marker(7, false, startMs - 1))).toBe(Errors.INVALID_TIMESTAMP);
  });

  test("no larger than it may be, as the coordinator makes it and as it is written", async () => {
    const limit = { maxMessageBytes: 300 };
    expect(await written({ ...limit, compressionType: "gzip" }, plain())).toBe(Errors.MESSAGE_TOO_LARGE);
    expect(await written({ ...limit, compressionType: "uncompressed" }, await gzipped())).toBe(
      Errors.MESSAGE_TOO_LARGE,
    );
    expect(await written({ ...limit, compressionType: "zstd" }, await gzipped())).toMatchObject({
      compression: "zstd",
    });
  });
});

describe("a coordinator's partition", () => {
  test("an append is done when it is committed, not before", async () => {
    const { host, time, queue, log } = open();
    host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    const seen = watched(committed(log.append(at, batch())));
    queue.flush();
    await time.settle();
    expect(seen.outcome).toBeUndefined();
    host({ registration: { replicas: [1, 2], isr: [1], partitionEpoch: 1 } });
    await time.settle();
    expect(seen.outcome).toBe(Errors.NONE);
  });

  test("an append to a partition that is not led here fails at once", async () => {
    const { host, log } = open();
    expect(log.append(at, batch())).toEqual({ ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER });
    host().update(registration({ leader: 2, replicas: [1, 2], isr: [1, 2] }));
    expect(log.append(at, batch())).toEqual({ ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER });
  });

  test("where a minimum of in-sync replicas is asked for, nothing is appended with fewer", () => {
    const opened = open();
    const { host } = opened;
    const log = logOn(opened, { minInSyncReplicasOf: () => 2 });
    const partition = host({ registration: { replicas: [1, 2], isr: [1] } });
    expect(log.append(at, batch())).toEqual({ ok: false, error: Errors.NOT_ENOUGH_REPLICAS });
    expect(partition.log.logEndOffset).toBe(0);
    partition.update(registration({ replicas: [1, 2], isr: [1, 2], partitionEpoch: 1 }));
    expect(log.append(at, batch())).toMatchObject({ ok: true });
    partition.update(registration({ leader: 2, replicas: [1, 2], isr: [2], leaderEpoch: 1, partitionEpoch: 2 }));
    expect(log.append(at, batch())).toEqual({ ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER });
  });

  test("after a change of leader nobody says that the batch was not written", async () => {
    const { host, time, log } = open();
    const partition = host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    const seen = watched(committed(log.append(at, batch())));
    partition.update(registration({ leader: 2, replicas: [1, 2], isr: [1, 2], leaderEpoch: 1 }));
    await time.settle();
    expect(seen.outcome).toBeUndefined();
  });

  test("what a failed disk does not have is not written", async () => {
    const disk = new MemoryDisk();
    const { host, time, queue, log } = open(disk);
    host();
    disk.fail("write", "EIO");
    const seen = watched(committed(log.append(at, batch())));
    queue.flush();
    await time.settle();
    expect(seen.outcome).toBe(Errors.KAFKA_STORAGE_ERROR);
  });

  test("a load reads all there is, in order, over segments, and what this turn has appended", async () => {
    const { host, time, queue, log } = open();
    const partition = host();
    for (let count = 0; count < 40; count++) {
      partition.appendAsLeader(batch({ value: Buffer.alloc(500) }), "coordinator", time.wallMs());
      // The last ones wait for the end of the turn.
      if (count < 35) queue.flush();
    }
    const offsets: number[] = [];
    const loading = log.load(at, async (records) => {
      for (const { baseOffset } of batches(records)) offsets.push(baseOffset);
    });
    const seen = watched(loading);
    await time.settle();
    expect(seen.outcome).toEqual({ ok: true, endOffset: 40 });
    expect(offsets).toEqual(Array.from({ length: 40 }, (_, offset) => offset));
  });

  test("of several loads one reads in each turn of the event loop", async () => {
    const { host, time, queue, log } = open();
    const partition = host();
    for (let count = 0; count < 12; count++) {
      partition.appendAsLeader(batch({ value: Buffer.alloc(500) }), "coordinator", time.wallMs());
    }
    queue.flush();
    const readsByTurn = [0];
    const endOfTurn = time.endOfTurn.bind(time);
    time.endOfTurn = (callback) => {
      endOfTurn(() => {
        readsByTurn.push(0);
        callback();
      });
    };
    const loads = ["a", "b", "c"].map(() =>
      watched(
        log.load(at, async () => {
          readsByTurn[readsByTurn.length - 1]!++;
        }),
      ),
    );
    await time.settle();
    for (const { outcome } of loads) expect(outcome).toEqual({ ok: true, endOffset: 12 });
    expect(readsByTurn.reduce((sum, reads) => sum + reads)).toBeGreaterThan(6);
    expect(Math.max(...readsByTurn)).toBe(1);
  });

  test("a load waits for what is on its way to the disk, however long, and fails with it", async () => {
    const disk = new MemoryDisk();
    const { host, time, queue, log } = open(disk);
    const partition = host();
    partition.appendAsLeader(batch(), "coordinator", time.wallMs());
    queue.flush();
    partition.appendAsLeader(batch(), "coordinator", time.wallMs());
    const offsets: number[] = [];
    const onRecords = async (records: Buffer) => {
      for (const { baseOffset } of batches(records)) offsets.push(baseOffset);
    };
    const seen = watched(log.load(at, onRecords));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect([seen.outcome, offsets]).toEqual([undefined, [0]]);
    queue.flush();
    await time.settle();
    expect([seen.outcome, offsets]).toEqual([{ ok: true, endOffset: 2 }, [0, 1]]);
    partition.appendAsLeader(batch(), "coordinator", time.wallMs());
    const failing = watched(log.load(at, onRecords));
    disk.fail("write", "EIO");
    queue.flush();
    await time.settle();
    expect(failing.outcome).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
  });

  test("a load begins where the log does, and of an empty log is done at once", async () => {
    const { host, time, queue, log } = open();
    const partition = host();
    expect(await log.load(at, async () => {})).toEqual({ ok: true, endOffset: 0 });
    for (let count = 0; count < 5; count++) partition.appendAsLeader(batch(), "coordinator", time.wallMs());
    queue.flush();
    partition.deleteRecordsBefore(3);
    const offsets: number[] = [];
    const seen = watched(
      log.load(at, async (records) => {
        for (const { baseOffset } of batches(records)) offsets.push(baseOffset);
      }),
    );
    await time.settle();
    expect([seen.outcome, offsets]).toEqual([{ ok: true, endOffset: 5 }, [3, 4]]);
  });

  test("a load ends when the partition is led elsewhere", async () => {
    const { host, time, queue, log } = open();
    expect(await log.load(at, async () => {})).toEqual({ ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER });
    const partition = host();
    for (let count = 0; count < 40; count++) {
      partition.appendAsLeader(batch({ value: Buffer.alloc(500) }), "coordinator", time.wallMs());
    }
    queue.flush();
    const seen = watched(
      log.load(at, async () => {
        partition.update(registration({ leader: 2, replicas: [1, 2], isr: [1, 2], leaderEpoch: 1 }));
      }),
    );
    await time.settle();
    expect(seen.outcome).toEqual({ ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER });
  });
});
