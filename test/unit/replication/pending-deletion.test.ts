import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { PendingDeletion } from "../../../src/replication/pending-deletion.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "../log/batches.ts";
import { openReplicas } from "./replicas.ts";

const ids = new Map([
  ["/one", "b1ftXeVOTdqTXlZ4bVqkSQ"],
  ["/two", "vT2fYtJ0QiWVqVxYc1lUpA"],
]);

/** More than is copied at once. */
const large = () => batch({ value: Buffer.alloc(150_000) });

/** A partition with five records whose copy has so many of them; one that has all waits for the controller. */
async function openMoving(copiedCount = 5) {
  const accepts: (() => void)[] = [];
  const throttle = { bytesPerSecond: copiedCount === 5 ? Infinity : 1 };
  const broker = openReplicas(
    new MemoryDisk(),
    {},
    {
      directoryIds: ids,
      moveBytesPerSecond: () => throttle.bytesPerSecond,
      assignDirectory: (_topicId, _partition, _directory, accept) => accepts.push(accept),
    },
  );
  const { replicas, time, queue } = broker;
  const partition = broker.host({ registration: { directories: [ids.get("/one")!] } });
  for (let count = 0; count < 5; count++) partition.appendAsLeader(large(), "client", startMs);
  queue.flush();
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await time.settle();
  };
  const alter = (path: string) => replicas.alterLogDir("topic", 0, path);
  alter("/two");
  // From nothing the throttle lets one step pass, and waits for that a day.
  if (copiedCount < 5) await time.advance(2);
  await settle();
  expect(partition.copy?.log.logEndOffset).toBe(copiedCount);
  const deleteBefore = (...offsets: number[]) => {
    const pending = new PendingDeletion(replicas.deadlines);
    const results = offsets.map((offset) => pending.add(partition, partition.deleteRecordsBefore(offset)));
    const deletion = { results, isAnswered: pending.isDone };
    void pending.wait(1_000).then(() => (deletion.isAnswered = true));
    return deletion;
  };
  const swap = async () => {
    accepts.shift()!();
    await settle();
    expect(partition.log.dir).toBe("/two/topic-0");
  };
  return { ...broker, partition, throttle, alter, deleteBefore, swap, settle };
}

describe("a request that deletes records while the replica moves", () => {
  test("is answered when the copy has followed, and the records are gone behind the swap", async () => {
    const { replicas, partition, deleteBefore, swap, settle } = await openMoving();
    const deletion = deleteBefore(3);
    await settle();
    expect(deletion).toEqual({
      results: [{ errorCode: Errors.REQUEST_TIMED_OUT, lowWatermark: 0 }],
      isAnswered: false,
    });
    expect(partition.log.logStartOffset).toBe(3);
    await swap();
    expect(deletion).toEqual({ results: [{ errorCode: Errors.NONE, lowWatermark: 3 }], isAnswered: true });
    expect([partition.copy, partition.lowWatermark, replicas.deadlines.size]).toEqual([undefined, 3, 0]);
  });

  test("is answered before the swap when the copy goes on, whose throttle has held it", async () => {
    const { partition, throttle, deleteBefore, time, settle } = await openMoving(1);
    await time.advance(500);
    const [copied, toCome] = [deleteBefore(1), deleteBefore(4)];
    await time.advance(100);
    expect([copied.isAnswered, toCome.isAnswered]).toEqual([false, false]);
    throttle.bytesPerSecond = Infinity;
    // It looks at the rate once a second.
    await time.advance(600);
    await settle();
    for (const { results } of [copied, toCome]) expect(results).toEqual([{ errorCode: Errors.NONE, lowWatermark: 4 }]);
    expect(partition.copy?.log.logEndOffset).toBe(5);
  });

  test("says so when its time is up; what the copy does later changes the answer no more", async () => {
    const { partition, deleteBefore, swap, time } = await openMoving();
    const deletion = deleteBefore(-1);
    await time.advance(980);
    expect(deletion.isAnswered).toBe(false);
    await time.advance(50);
    const late = { results: [{ errorCode: Errors.REQUEST_TIMED_OUT, lowWatermark: 0 }], isAnswered: true };
    expect(deletion).toEqual(late);
    expect(partition.copy?.waiterCount).toBe(0);
    await swap();
    expect(deletion).toEqual(late);
    expect(partition.log.logStartOffset).toBe(5);
  });

  test("each waits for its own offset, also for what an earlier one has deleted from the log", async () => {
    const { deleteBefore, partition } = await openMoving();
    const [most, some, none] = [deleteBefore(4), deleteBefore(2), deleteBefore(0)];
    expect(none).toEqual({ results: [{ errorCode: Errors.NONE, lowWatermark: 0 }], isAnswered: true });
    partition.copy!.deletedBefore(3);
    expect(some.results[0]!.errorCode).toBe(Errors.NONE);
    expect(most.results[0]!.errorCode).toBe(Errors.REQUEST_TIMED_OUT);
  });

  test("waits no more when the move ends", async () => {
    const { deleteBefore, alter, settle } = await openMoving();
    const deletion = deleteBefore(2, 9);
    expect(deletion.isAnswered).toBe(false);
    alter("/one");
    await settle();
    expect(deletion).toEqual({
      results: [
        { errorCode: Errors.NONE, lowWatermark: 2 },
        { errorCode: Errors.OFFSET_OUT_OF_RANGE, lowWatermark: -1 },
      ],
      isAnswered: true,
    });
  });

  test("hears what becomes of the partition", async () => {
    const { deleteBefore, remove, settle } = await openMoving();
    const deletion = deleteBefore(2);
    remove();
    await settle();
    const results = [{ errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION, lowWatermark: -1 }];
    expect(deletion).toEqual({ results, isAnswered: true });
  });
});
