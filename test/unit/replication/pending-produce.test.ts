import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { PendingProduce } from "../../../src/replication/pending-produce.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { type ReplicaManager } from "../../../src/replication/replica-manager.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "../log/batches.ts";
import { openReplicas, registration } from "./replicas.ts";

interface Sent {
  readonly results: { errorCode: number }[];
  readonly pending: PendingProduce;
  doneCount: number;
}

/** A request with one batch for each of the partitions. */
function produce(replicas: ReplicaManager, allInSync: boolean, ...partitions: Partition[]): Sent {
  const pending = new PendingProduce(replicas);
  const results = partitions.map((partition) => {
    const result = { errorCode: Errors.NONE as number };
    const appended = partition.appendAsLeader(batch(), "client", startMs);
    if (!appended.ok) throw new Error("not appended");
    pending.add(partition, result, appended.lastOffset + 1, allInSync);
    return result;
  });
  const sent: Sent = { results, pending, doneCount: 0 };
  pending.wait(1_000, () => sent.doneCount++);
  return sent;
}

const waiting = { replicas: [1, 2], isr: [1, 2] };

describe("a produce request", () => {
  test("is answered when all its partitions are written", () => {
    const { replicas, host, queue } = openReplicas();
    const sent = produce(replicas, false, host({ partition: 0 }), host({ partition: 1 }));
    expect([sent.doneCount, sent.pending.isDone]).toEqual([0, false]);
    expect(replicas.deadlines.size).toBe(1);
    queue.flush();
    expect([sent.doneCount, sent.pending.isDone]).toEqual([1, true]);
    expect(replicas.deadlines.size).toBe(0);
    expect(sent.results).toEqual([{ errorCode: 0 }, { errorCode: 0 }]);
  });

  test("acks=all waits for the slowest partition, and then for its time", async () => {
    const { replicas, host, queue, time } = openReplicas();
    const sent = produce(replicas, true, host({ partition: 0 }), host({ partition: 1, registration: waiting }));
    queue.flush();
    await time.advance(980);
    expect(sent.doneCount).toBe(0);
    await time.advance(50);
    expect(sent.doneCount).toBe(1);
    expect(sent.results.map(({ errorCode }) => errorCode)).toEqual([Errors.NONE, Errors.REQUEST_TIMED_OUT]);
  });

  test("what is committed after the time was up changes the answer no more", async () => {
    const { replicas, host, queue, time } = openReplicas();
    const partition = host({ registration: waiting });
    const sent = produce(replicas, true, partition);
    queue.flush();
    await time.advance(2_000);
    partition.update(registration({ ...waiting, isr: [1], partitionEpoch: 1 }));
    expect(sent).toMatchObject({ doneCount: 1, results: [{ errorCode: Errors.REQUEST_TIMED_OUT }] });
  });

  test("is told when the leader is gone, or the topic, or the disk", () => {
    const disk = new MemoryDisk();
    const { replicas, host, remove, queue } = openReplicas(disk);
    const moved = host({ partition: 0, registration: waiting });
    const [first, second] = [
      produce(replicas, true, moved),
      produce(replicas, true, host({ partition: 1, registration: waiting })),
    ];
    moved.update(registration({ ...waiting, leader: 2, leaderEpoch: 1 }));
    expect(first).toMatchObject({ doneCount: 1, results: [{ errorCode: Errors.NOT_LEADER_OR_FOLLOWER }] });
    remove("topic", 1);
    expect(second).toMatchObject({ doneCount: 1, results: [{ errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION }] });
    const third = produce(replicas, false, host({ partition: 2 }));
    disk.fail("write", "ENOSPC");
    queue.flush();
    expect(third).toMatchObject({ doneCount: 1, results: [{ errorCode: Errors.KAFKA_STORAGE_ERROR }] });
  });

  test("a repetition waits for the first to be committed", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host({ registration: waiting });
    const records = () => batch({ producerId: 9, producerEpoch: 0, baseSequence: 0 });
    partition.appendAsLeader(records(), "client", startMs);
    queue.flush();
    const again = partition.appendAsLeader(records(), "client", startMs);
    expect(again).toMatchObject({ ok: true, duplicate: true, baseOffset: 0 });
    const pending = new PendingProduce(replicas);
    pending.add(partition, { errorCode: 0 }, 1, true);
    expect(pending.isDone).toBe(false);
    partition.update(registration({ ...waiting, isr: [1], partitionEpoch: 1 }));
    expect(pending.isDone).toBe(true);
  });
});
