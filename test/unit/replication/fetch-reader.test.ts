import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { batch, marker, startMs } from "../log/batches.ts";
import { outcomes, read } from "./fetching.ts";
import { openReplicas, registration } from "./replicas.ts";

/** One record of 100 bytes: 61 of header, 7 of the record's own. */
const batchBytes = 170;

function append(partition: Partition, records = batch({ value: Buffer.alloc(batchBytes - 70) })): void {
  expect(partition.appendAsLeader(records, "client", startMs)).toMatchObject({ ok: true });
}

function filled(...counts: number[]) {
  const opened = openReplicas();
  const partitions = counts.map((count, partition) => {
    const hosted = opened.host({ partition });
    for (let each = 0; each < count; each++) append(hosted);
    return hosted;
  });
  opened.queue.flush();
  return { ...opened, partitions };
}

describe("limits", () => {
  test("the first batch comes whole, others only as far as the limits allow", () => {
    const { replicas } = filled(3, 3);
    expect(outcomes(read(replicas, { maxBytes: 1 }, {}, { partition: 1 }))).toEqual(["0..0", ""]);
    expect(outcomes(read(replicas, {}, { maxBytes: 1 }, { partition: 1, maxBytes: 1 }))).toEqual(["0..0", ""]);
    expect(outcomes(read(replicas, {}, { maxBytes: 2 * batchBytes }, { partition: 1 }))).toEqual([
      "0..0 1..1",
      "0..0 1..1 2..2",
    ]);
    expect(outcomes(read(replicas, { maxBytes: 4 * batchBytes + 1 }, {}, { partition: 1 }))).toEqual([
      "0..0 1..1 2..2",
      "0..0",
    ]);
  });

  test("the first batch is that of the first partition that has one", () => {
    const { replicas } = filled(1, 2);
    expect(outcomes(read(replicas, { maxBytes: 1 }, { fetchOffset: 1 }, { partition: 1 }))).toEqual(["", "0..0"]);
  });

  test("bytes that lie in several pieces are enough when together they are", () => {
    const { replicas, host, queue } = openReplicas(undefined, { segmentBytes: 1_000 });
    const partition = host();
    for (let each = 0; each < 30; each++) append(partition);
    queue.flush();
    expect(partition.log.segmentSizes().length).toBeGreaterThan(3);
    const { mustAnswer, sizeBytes } = read(replicas, { minBytes: 25 * batchBytes }, {});
    expect([mustAnswer, sizeBytes >= 25 * batchBytes]).toEqual([true, true]);
    expect(read(replicas, { minBytes: 31 * batchBytes }, {}).mustAnswer).toBe(false);
    const limited = read(replicas, { minBytes: 25 * batchBytes }, { maxBytes: 10 * batchBytes });
    expect(limited.sizeBytes).toBeLessThanOrEqual(10 * batchBytes);
  });
});

describe("what a reader may see", () => {
  test("a consumer sees what is committed, a replica what is written", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    append(partition);
    expect(outcomes(read(replicas, { bound: "logEnd", replicaId: 2 }, {}))).toEqual([""]);
    queue.flush();
    expect(outcomes(read(replicas, {}, {}))).toEqual([""]);
    expect(outcomes(read(replicas, { bound: "logEnd", replicaId: 2 }, {}))).toEqual(["0..0"]);
  });

  test("read_committed stops before an open transaction and names the aborted ones", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host();
    const open = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true };
    append(partition);
    append(partition, batch({ ...open, count: 2 }));
    append(partition);
    queue.flush();
    const before = read(replicas, { bound: "lastStable" }, {});
    expect(outcomes(before)).toEqual(["0..0"]);
    expect(before.results[0]).toMatchObject({ lastStableOffset: 1, highWatermark: 4, abortedTransactions: [] });
    expect(outcomes(read(replicas, {}, {}))).toEqual(["0..0 1..2 3..3"]);
    partition.appendAsLeader(marker(7, true), "coordinator", startMs);
    queue.flush();
    const after = read(replicas, { bound: "lastStable" }, {});
    expect(outcomes(after)).toEqual(["0..0 1..2 3..3 4..4"]);
    expect(after.results[0]!.abortedTransactions).toMatchObject([{ producerId: 7, firstOffset: 1, lastOffset: 4 }]);
    expect(read(replicas, {}, {}).results[0]!.abortedTransactions).toBeNull();
  });

  test("offsets that are out of range", () => {
    const { replicas, partitions } = filled(3);
    partitions[0]!.deleteRecordsBefore(1);
    const at = (fetchOffset: number) => outcomes(read(replicas, {}, { fetchOffset }))[0];
    expect([-1, 0, 1, 2, 3, 4].map(at)).toEqual([
      Errors.OFFSET_OUT_OF_RANGE,
      Errors.OFFSET_OUT_OF_RANGE,
      "1..1 2..2",
      "2..2",
      "",
      Errors.OFFSET_OUT_OF_RANGE,
    ]);
  });
});

describe("who may read", () => {
  test("leader epochs fence", () => {
    const { replicas, host } = openReplicas();
    host({ registration: { leaderEpoch: 3 } });
    const in_ = (currentLeaderEpoch: number) => outcomes(read(replicas, {}, { currentLeaderEpoch }))[0];
    expect([2, 3, 4].map(in_)).toEqual([Errors.FENCED_LEADER_EPOCH, "", Errors.UNKNOWN_LEADER_EPOCH]);
  });

  test("a replica that the metadata does not name is sent away", () => {
    const { replicas, host } = openReplicas();
    host({ registration: { replicas: [1, 2], isr: [1, 2] } });
    const as = (replicaId: number) => outcomes(read(replicas, { bound: "logEnd", replicaId }, {}))[0];
    expect([1, 2, 3].map(as)).toEqual([Errors.NOT_LEADER_OR_FOLLOWER, "", Errors.NOT_LEADER_OR_FOLLOWER]);
    const inEpoch = read(replicas, { bound: "logEnd", replicaId: 3 }, { currentLeaderEpoch: 0 });
    expect(outcomes(inEpoch)).toEqual([Errors.UNKNOWN_LEADER_EPOCH]);
  });

  test("a history that leaves the leader's is told where it leaves", () => {
    const { replicas, host, queue } = openReplicas();
    const partition = host({ registration: { leaderEpoch: 1 } });
    append(partition);
    append(partition);
    queue.flush();
    partition.update(registration({ leaderEpoch: 4 }));
    append(partition);
    queue.flush();
    const from = (fetchOffset: number, lastFetchedEpoch: number) =>
      read(replicas, {}, { fetchOffset, lastFetchedEpoch });
    expect(outcomes(from(2, 1))).toEqual(["2..2"]);
    expect(from(3, 1).results[0]).toMatchObject({ divergingEpoch: 1, divergingEndOffset: 2, records: Buffer.alloc(0) });
    expect(from(3, 2).results[0]).toMatchObject({ divergingEpoch: 1, divergingEndOffset: 2 });
    expect(from(3, 2).mustAnswer).toBe(true);
    expect(outcomes(from(3, 9))).toEqual([Errors.OFFSET_OUT_OF_RANGE]);
    expect(from(1, 2).results[0]).toMatchObject({ divergingEpoch: 1 });
    partition.deleteRecordsBefore(2);
    expect(outcomes(from(1, 2))).toEqual([Errors.OFFSET_OUT_OF_RANGE]);
  });

  test("another topic's id, and a partition that is not here, which alone are no reason to answer", () => {
    const { replicas } = filled(1);
    expect(outcomes(read(replicas, {}, { topic: "none" }, { fetchOffset: 1 }))).toEqual([
      "",
      Errors.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    expect(read(replicas, {}, { topic: "none" }, { fetchOffset: 1 }).mustAnswer).toBe(false);
    expect(read(replicas, {}, { fetchOffset: 9 }).mustAnswer).toBe(true);
  });
});
