import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, marker, startMs } from "../log/batches.ts";
import { outcomes, park } from "./fetching.ts";
import { openReplicas, registration } from "./replicas.ts";

function append(partition: Partition, records = batch({ value: Buffer.alloc(100) })): void {
  expect(partition.appendAsLeader(records, "client", startMs)).toMatchObject({ ok: true });
}

describe("a fetch that waits", () => {
  test("is woken by the write of what it waits for", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host();
    const done = park(replicas, {}, {});
    append(partition);
    expect(done).toHaveLength(0);
    queue.flush();
    expect(done.map(outcomes)).toEqual([["0..0"]]);
    append(partition);
    queue.flush();
    expect(done).toHaveLength(1);
  });

  test("leaves nothing behind, whether it was woken or its time was up", async () => {
    const { replicas, host, queue, time } = openReplicas();
    const partition = host();
    park(replicas, {}, {});
    expect([replicas.deadlines.size, partition.watcherCount]).toEqual([1, 1]);
    append(partition);
    queue.flush();
    expect([replicas.deadlines.size, partition.watcherCount]).toEqual([0, 0]);
    park(replicas, {}, { fetchOffset: 1 });
    await time.advance(1_000);
    expect([replicas.deadlines.size, partition.watcherCount]).toEqual([0, 0]);
  });

  test("sees what was appended in its own turn, before it, and is written behind it", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host();
    append(partition);
    const done = park(replicas, {}, {});
    queue.flush();
    expect(done.map(outcomes)).toEqual([["0..0"]]);
  });

  test("sees what waited for a flush when it came, though what was flushed before it was not enough", async () => {
    const { replicas, host, queue, time } = openReplicas(new MemoryDisk(), { flushMessages: 1 });
    const partition = host();
    append(partition);
    queue.flush();
    // The second comes while the first is being flushed, and has a flush of its own.
    append(partition);
    queue.flush();
    const acknowledged: number[] = [];
    const done: ReturnType<typeof park>[] = [];
    partition.whenWritten({
      requiredOffset: 1,
      onReached: () => {
        acknowledged.push(partition.log.writtenOffset);
        done.push(park(replicas, { maxWaitMs: 30_000 }, { fetchOffset: partition.log.writtenOffset }));
      },
      onFailed: () => undefined,
    });
    for (let flush = 0; flush < 3; flush++) await time.settle();
    expect([acknowledged, partition.log.writtenOffset]).toEqual([[1], 2]);
    expect(done[0]!.map(outcomes)).toEqual([["1..1"]]);
  });

  test("is not told of bytes that still wait for a flush", async () => {
    const { host, queue, time } = openReplicas(new MemoryDisk(), { flushMessages: 1 });
    const partition = host();
    const seen: (readonly [number, number])[] = [];
    partition.whenWritten({
      requiredOffset: 1,
      onReached: () => seen.push([partition.log.writtenOffset, partition.readableBytes]),
      onFailed: () => undefined,
    });
    const records = batch({ value: Buffer.alloc(100) });
    for (let count = 0; count < 2; count++) {
      append(partition, records);
      queue.flush();
    }
    for (let flush = 0; flush < 3; flush++) await time.settle();
    seen.push([partition.log.writtenOffset, partition.readableBytes]);
    expect(seen).toEqual([
      [1, records.length],
      [2, 2 * records.length],
    ]);
  });

  test("waits for all of min.bytes, over several partitions", () => {
    const { replicas, host, queue } = openReplicas();
    const [one, two] = [host({ partition: 0 }), host({ partition: 1 })];
    const done = park(replicas, { minBytes: 400 }, { partition: 0 }, { partition: 1 });
    for (const partition of [one, two]) {
      append(partition);
      queue.flush();
    }
    expect(done).toHaveLength(0);
    append(one);
    queue.flush();
    expect(done.map(outcomes)).toEqual([["0..0 1..1", "0..0"]]);
  });

  test("gives up when its time is up, with what there is", async () => {
    const { replicas, host, queue, time } = openReplicas();
    const partition = host();
    const done = park(replicas, { minBytes: 10_000, maxWaitMs: 500 }, {});
    append(partition);
    queue.flush();
    await time.advance(490);
    expect(done).toHaveLength(0);
    await time.advance(40);
    expect(done.map(outcomes)).toEqual([["0..0"]]);
    await time.advance(1_000);
    expect(done).toHaveLength(1);
  });

  test("each has its own time, whichever came first", async () => {
    const { replicas, host, time } = openReplicas();
    host();
    const times = [2_000, 100, 30_000, 700].map((maxWaitMs) => ({
      maxWaitMs,
      done: park(replicas, { maxWaitMs }, {}),
    }));
    for (const { maxWaitMs, done } of times.toSorted((a, b) => a.maxWaitMs - b.maxWaitMs)) {
      await time.advance(startMs + maxWaitMs - 20 - time.wallMs());
      expect(done).toHaveLength(0);
      await time.advance(50);
      expect(done).toHaveLength(1);
    }
  });

  test("is not woken by what it may not see yet, and is when it may", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    const done = park(replicas, { minBytes: 150 }, {});
    append(partition);
    queue.flush();
    expect(done).toHaveLength(0);
    partition.update(registration({ replicas: [1, 2], isr: [1], partitionEpoch: 1 }));
    expect(done.map(outcomes)).toEqual([["0..0"]]);
  });

  test("is woken by the end of a transaction that was open when it came", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host();
    append(partition, batch({ count: 9, producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }));
    queue.flush();
    const done = park(replicas, { bound: "lastStable", minBytes: 100 }, {});
    partition.appendAsLeader(marker(7, false), "coordinator", startMs);
    queue.flush();
    expect(done.map(outcomes)).toEqual([["0..8 9..9"]]);
  });

  test("a partition that is not here ends no wait", async () => {
    const { replicas, host, time } = openReplicas();
    host();
    const done = park(replicas, {}, {}, { topic: "none" });
    await time.advance(400);
    expect(done).toHaveLength(0);
    await time.advance(200);
    // The one that was missing from the start is for the caller to add.
    expect(done.map(outcomes)).toEqual([[""]]);
  });

  test("is answered when its topic is deleted, with the others' records", () => {
    const { replicas, host, remove, queue } = openReplicas();
    append(host({ partition: 1 }));
    host({ partition: 0 });
    queue.flush();
    const done = park(replicas, { minBytes: 10_000 }, { partition: 0 }, { partition: 1 });
    remove("topic", 0);
    expect(done.map(outcomes)).toEqual([["0..0", Errors.UNKNOWN_TOPIC_OR_PARTITION]]);
  });

  test("is answered when the leader moves, and when the broker stops", () => {
    const { replicas, host } = openReplicas();
    const partition = host();
    const first = park(replicas, {}, {});
    partition.update(registration({ leader: 2, replicas: [1, 2], isr: [1, 2], leaderEpoch: 1 }));
    expect(first.map(outcomes)).toEqual([[Errors.NOT_LEADER_OR_FOLLOWER]]);
    partition.update(registration({ leaderEpoch: 2 }));
    const second = park(replicas, {}, {});
    replicas.close();
    expect(second).toHaveLength(1);
  });

  test("is answered when the disk fails", () => {
    const disk = new MemoryDisk();
    const { replicas, host, queue } = openReplicas(disk);
    const partition = host();
    append(partition);
    queue.flush();
    const done = park(replicas, {}, { fetchOffset: 1 });
    disk.fail("write", "EIO");
    append(partition);
    queue.flush();
    expect(done.map(outcomes)).toEqual([[Errors.KAFKA_STORAGE_ERROR]]);
  });

  test("several on one partition are all woken, though each leaves while they are", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host();
    const all = [1, 2, 3].map(() => park(replicas, {}, {}));
    append(partition);
    queue.flush();
    expect(all.map((done) => done.length)).toEqual([1, 1, 1]);
  });
});
