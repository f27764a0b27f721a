import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type OffsetWaiter } from "../../../src/replication/offset-waiters.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "../log/batches.ts";
import { openLog } from "../log/open-log.ts";
import { openReplicas, registration } from "./replicas.ts";

function append(partition: Partition, count = 1) {
  return partition.appendAsLeader(batch({ count }), "client", startMs);
}

function waiter(requiredOffset: number): OffsetWaiter & { readonly told: (string | number)[] } {
  const told: (string | number)[] = [];
  return { requiredOffset, told, onReached: () => told.push("reached"), onFailed: (code) => told.push(code) };
}

describe("appending and committing", () => {
  test("what is appended is committed, and told, when the turn's write is done", () => {
    const { host, queue } = openReplicas();
    const partition = host();
    const [written, committed] = [waiter(3), waiter(3)];
    append(partition, 3);
    partition.whenWritten(written);
    partition.whenCommitted(committed);
    expect([partition.highWatermark, partition.bound("logEnd"), written.told, committed.told]).toEqual([0, 0, [], []]);
    queue.flush();
    expect(partition.highWatermark).toBe(3);
    expect([written.told, committed.told]).toEqual([["reached"], ["reached"]]);
  });

  test("the count of what was written goes on when another log takes the place of the partition's", () => {
    const { host, queue } = openReplicas();
    const partition = host();
    append(partition);
    queue.flush();
    const before = partition.readableBytes;
    const copy = openLog(new MemoryDisk());
    for (let count = 0; count < 3; count++) copy.log.appendAsLeader(batch(), 0, "client", startMs);
    copy.queue.flush();
    partition.replaceLog(copy.log);
    expect([partition.readableBytes, before > 0]).toEqual([before, true]);
    append(partition);
    copy.queue.flush();
    expect(partition.readableBytes).toBe(2 * before);
  });

  test("who asks for what is there already is told at once", () => {
    const { host, queue } = openReplicas();
    const partition = host();
    append(partition);
    queue.flush();
    const [written, committed] = [waiter(1), waiter(1)];
    partition.whenWritten(written);
    partition.whenCommitted(committed);
    expect([written.told, committed.told]).toEqual([["reached"], ["reached"]]);
  });

  test("acks=all waits for the whole ISR, acks=1 for the leader alone", () => {
    const { host, queue } = openReplicas();
    const partition = host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    const [written, committed] = [waiter(1), waiter(1)];
    append(partition);
    partition.whenWritten(written);
    partition.whenCommitted(committed);
    queue.flush();
    expect([written.told, committed.told, partition.highWatermark]).toEqual([["reached"], [], 0]);
    partition.update(registration({ replicas: [1, 2], isr: [1], partitionEpoch: 1 }));
    expect([committed.told, partition.highWatermark]).toEqual([["reached"], 1]);
  });

  test("a log that was there before is committed when its leader starts", () => {
    const disk = new MemoryDisk();
    const before = openReplicas(disk);
    append(before.host(), 5);
    before.queue.flush();
    const after = openReplicas(disk.kill());
    expect(after.host().highWatermark).toBe(5);
  });

  test("a minimum of in-sync replicas beyond the replicas means all of them", () => {
    const { host } = openReplicas();
    const partition = host({ registration: { replicas: [1, 2, 3], isr: [1, 2] } });
    expect([1, 2, 3, 9].map((minimum) => partition.hasEnoughInSync(minimum))).toEqual([true, true, false, false]);
    partition.update(registration());
    expect(partition.hasEnoughInSync(2)).toBe(true);
  });
});

describe("leadership", () => {
  test("epochs fence: older, this, newer, unknown", () => {
    const { host } = openReplicas();
    const partition = host({ registration: { leaderEpoch: 4 } });
    expect([3, 4, 5, -1].map((epoch) => partition.leaderError(epoch))).toEqual([
      Errors.FENCED_LEADER_EPOCH,
      Errors.NONE,
      Errors.UNKNOWN_LEADER_EPOCH,
      Errors.NONE,
    ]);
  });

  test("a new epoch starts at the log's end, and records carry it", () => {
    const { host, queue } = openReplicas();
    const partition = host({ registration: { leaderEpoch: 2 } });
    append(partition, 3);
    queue.flush();
    partition.update(registration({ leaderEpoch: 5 }));
    expect(partition.endOffsetFor(4)).toEqual({ leaderEpoch: 2, endOffset: 3 });
    expect(partition.endOffsetFor(5)).toEqual({ leaderEpoch: 5, endOffset: 3 });
    append(partition);
    expect(partition.endOffsetFor(5)).toEqual({ leaderEpoch: 5, endOffset: 4 });
  });

  test("a leader that loses the partition fails who waits, and appends no more", () => {
    const { host } = openReplicas();
    const partition = host();
    const committed = waiter(1);
    append(partition);
    partition.whenCommitted(committed);
    partition.update(registration({ leader: 2, replicas: [1, 2], isr: [1, 2], leaderEpoch: 1 }));
    expect(committed.told).toEqual([Errors.NOT_LEADER_OR_FOLLOWER]);
    expect(append(partition)).toMatchObject({ ok: false, error: Errors.NOT_LEADER_OR_FOLLOWER });
    expect(partition.leaderError(-1)).toBe(Errors.NOT_LEADER_OR_FOLLOWER);
  });

  test("a disk that fails under a new epoch takes the directory's partitions off line, and harms nobody else", async () => {
    const disk = new MemoryDisk();
    const { host, time } = openReplicas(disk);
    const partition = host();
    disk.fail("open", "EIO", { path: /leader-epoch/ });
    partition.update(registration({ leaderEpoch: 1 }));
    expect(append(partition)).toMatchObject({ ok: true });
    await expect(time.during(partition.log.flush())).rejects.toMatchObject({ code: "EIO" });
    expect(append(partition)).toMatchObject({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
    expect(partition.leaderError(-1)).toBe(Errors.KAFKA_STORAGE_ERROR);
  });
});

describe("deleting records", () => {
  test("moves the start up to the high watermark, never back and never beyond", () => {
    const { host, queue } = openReplicas();
    const partition = host();
    append(partition, 5);
    expect(partition.deleteRecordsBefore(1)).toMatchObject({ errorCode: Errors.OFFSET_OUT_OF_RANGE, lowWatermark: -1 });
    queue.flush();
    expect(partition.deleteRecordsBefore(3)).toMatchObject({ errorCode: Errors.NONE, lowWatermark: 3 });
    expect(partition.deleteRecordsBefore(1)).toMatchObject({ errorCode: Errors.NONE, lowWatermark: 3 });
    expect(partition.deleteRecordsBefore(6)).toMatchObject({ errorCode: Errors.OFFSET_OUT_OF_RANGE, lowWatermark: -1 });
    expect(partition.deleteRecordsBefore(-2)).toMatchObject({
      errorCode: Errors.OFFSET_OUT_OF_RANGE,
      lowWatermark: -1,
    });
    expect(partition.deleteRecordsBefore(-1)).toEqual({ errorCode: Errors.NONE, lowWatermark: 5, requiredOffset: 5 });
  });
});

describe("the replicas of a broker", () => {
  test("a deleted topic is gone, whoever waits is told, and its name may come back with another id", () => {
    const { host, remove, replicas, queue } = openReplicas();
    const partition = host();
    const committed = waiter(9);
    partition.whenCommitted(committed);
    append(partition, 3);
    queue.flush();
    remove();
    expect(committed.told).toEqual([Errors.UNKNOWN_TOPIC_OR_PARTITION]);
    expect(replicas.partition("topic", 0)).toBeUndefined();
    expect(append(partition)).toMatchObject({ ok: false, error: Errors.UNKNOWN_TOPIC_OR_PARTITION });
    const again = host({ topicId: "AAAAAAAAAAAAAAAAAAAAAg" });
    expect([again.topicId, again.log.logEndOffset]).toEqual(["AAAAAAAAAAAAAAAAAAAAAg", 0]);
    expect(replicas.partitionById(partition.topicId, 0)).toBeUndefined();
    expect(replicas.partitionById(again.topicId, 0)).toBe(again);
  });

  test("a name that is another topic's by now stays that one's when the old one goes", () => {
    const { host, remove, replicas } = openReplicas();
    host();
    const again = host({ topicId: "AAAAAAAAAAAAAAAAAAAAAg" });
    remove();
    expect(replicas.partition("topic", 0)).toBe(again);
  });

  test("partitions of one topic go one by one", () => {
    const { host, remove, replicas } = openReplicas();
    host({ partition: 0 });
    host({ partition: 2 });
    remove("topic", 0);
    expect([...replicas.partitions()].map(({ index }) => index)).toEqual([2]);
    expect(replicas.partition("topic", 2)).toBeDefined();
    expect(replicas.partition("topic", 1)).toBeUndefined();
  });

  test("a broker that stops sends its clients to look for another", () => {
    const { host, replicas } = openReplicas();
    const committed = waiter(1);
    host().whenCommitted(committed);
    replicas.close();
    expect(committed.told).toEqual([Errors.NOT_LEADER_OR_FOLLOWER]);
    expect([...replicas.partitions()]).toEqual([]);
  });
});
