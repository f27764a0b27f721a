import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Partition } from "../../../src/replication/partition.ts";
import { batch, startMs } from "../log/batches.ts";
import { park, outcomes, sessionClient } from "./fetching.ts";
import { openReplicas, registration } from "./replicas.ts";

/** A session over some partitions that the client has read to their end. */
function openSession(count: number) {
  const opened = openReplicas();
  const partitions = Array.from({ length: count }, (_, partition) => opened.host({ partition }));
  const client = sessionClient(opened.replicas, () => opened.time.monotonicMs());
  for (let partition = 0; partition < count; partition++) client.at(partition, 0);
  client.full();
  const write = (...written: Partition[]): void => {
    for (const each of written) {
      expect(each.appendAsLeader(batch({ value: Buffer.alloc(100) }), "client", startMs)).toMatchObject({ ok: true });
    }
    opened.queue.flush();
  };
  return { ...opened, ...client, partitions, write };
}

describe("an incremental fetch", () => {
  test("reads what has changed since the last one, and nothing else", () => {
    const { incremental, at, partitions, write } = openSession(50);
    expect(incremental({ maxWaitMs: 0 })).toMatchObject({ readCount: 0 });
    write(partitions[7]!, partitions[3]!);
    const answer = incremental();
    expect(answer).toEqual({ readCount: 2, told: ["3: 0..0", "7: 0..0"] });
    at(7, 1);
    at(3, 1);
    // Read once more to see that they are at their end.
    expect(incremental({ maxWaitMs: 0 })).toMatchObject({ readCount: 2, told: [] });
    expect(incremental({ maxWaitMs: 0 })).toMatchObject({ readCount: 0, told: [] });
  });

  test("gives again what the client does not go past, as Kafka does", () => {
    const { incremental, partitions, write } = openSession(3);
    write(partitions[1]!);
    expect(incremental().told).toEqual(["1: 0..0"]);
    expect(incremental().told).toEqual(["1: 0..0"]);
  });

  test("comes back to what did not fit into the last answer", () => {
    const { incremental, at, partitions, write } = openSession(3);
    write(partitions[0]!, partitions[1]!, partitions[2]!);
    const sizeBytes = 200;
    expect(incremental({ maxBytes: sizeBytes }).told).toEqual(["0: 0..0", "1: ", "2: "]);
    at(0, 1);
    // 0 has had its turn.
    expect(incremental({ maxBytes: sizeBytes }).told).toEqual(["1: 0..0"]);
    at(1, 1);
    expect(incremental({ maxBytes: sizeBytes }).told).toEqual(["2: 0..0"]);
  });

  test("that waits is woken once for all that is written together, also in partitions that it has not read", () => {
    const { incremental, partitions, write } = openSession(20);
    const answer = incremental();
    expect(answer.told).toBeUndefined();
    write(partitions[4]!, partitions[2]!, partitions[9]!);
    expect(answer.told).toEqual(["2: 0..0", "4: 0..0", "9: 0..0"]);
  });

  test("that waits counts what comes in all of its partitions", () => {
    const { incremental, partitions, write } = openSession(20);
    const answer = incremental({ minBytes: 400 });
    write(partitions[4]!);
    write(partitions[5]!);
    expect(answer.told).toBeUndefined();
    write(partitions[4]!);
    expect(answer.told).toEqual(["4: 0..0 1..1", "5: 0..0"]);
  });

  test("tells what happened while no fetch was there: deleted records, a leader that moved, a topic that is gone", () => {
    const { incremental, at, partitions, write, remove } = openSession(4);
    write(...partitions);
    incremental();
    for (let partition = 0; partition < 4; partition++) at(partition, 1);
    incremental({ maxWaitMs: 0 });
    partitions[0]!.deleteRecordsBefore(1);
    partitions[1]!.update(registration({ leader: 2, replicas: [1, 2], isr: [1, 2], leaderEpoch: 1 }));
    remove("topic", 2);
    expect(incremental().told).toEqual([
      "0: ",
      `1: ${Errors.NOT_LEADER_OR_FOLLOWER}`,
      `2: ${Errors.UNKNOWN_TOPIC_OR_PARTITION}`,
    ]);
  });

  test("finds within a second what changes without a word", async () => {
    const { incremental, at, partitions, write, time } = openSession(2);
    write(partitions[0]!);
    incremental();
    at(0, 1);
    incremental({ maxWaitMs: 1 });
    await time.advance(50);
    // As retention does.
    partitions[0]!.log.maybeIncrementLogStartOffset(1);
    await time.advance(1_000);
    expect(incremental({ minBytes: 0 })).toEqual({ readCount: 2, told: ["0: "] });
  });
});

describe("what a session leaves at its partitions", () => {
  const watchers = (partitions: readonly Partition[]): number[] => partitions.map(({ watcherCount }) => watcherCount);

  test("is nothing to be called when it is due, and the client stays away", () => {
    const { partitions, write } = openSession(2);
    expect(watchers(partitions)).toEqual([1, 1]);
    write(partitions[1]!);
    expect(watchers(partitions)).toEqual([1, 0]);
  });

  test("is nothing when it is closed, at once or when the last fetch of it is answered", async () => {
    const idle = openSession(2);
    idle.session.close();
    expect(watchers(idle.partitions)).toEqual([0, 0]);
    const waited = openSession(2);
    const answer = waited.incremental();
    waited.session.close();
    waited.write(waited.partitions[0]!);
    expect(answer.told).toEqual(["0: 0..0"]);
    expect(watchers(waited.partitions)).toEqual([0, 0]);
  });

  test("is nothing of a partition that it forgot", () => {
    const { session, partitions } = openSession(2);
    session.forget("AAAAAAAAAAAAAAAAAAAAAA", "topic", 1);
    expect(watchers(partitions)).toEqual([1, 0]);
  });
});

test("a fetch without a session is woken once for all that is written together", () => {
  const { replicas, host, queue } = openReplicas();
  const [one, two] = [host({ partition: 0 }), host({ partition: 1 })];
  const done = park(replicas, {}, { partition: 0 }, { partition: 1 });
  for (const partition of [one, two]) partition.appendAsLeader(batch(), "client", startMs);
  queue.flush();
  expect(done.map(outcomes)).toEqual([["0..0", "0..0"]]);
  expect([one.watcherCount, two.watcherCount]).toEqual([0, 0]);
});
