import { expect, test } from "vitest";
import { Errors } from "../../../../src/protocol/errors.ts";
import { describeLogDirsHandler } from "../../../../src/server/handlers/describe-log-dirs.ts";
import { promised } from "../../../../src/server/later-result.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../../log/batches.ts";
import { openReplicas } from "../../replication/replicas.ts";
import { testContext } from "../test-context.ts";

test("a directory lists its replicas with their sizes, and only its error once it has failed", async () => {
  const disk = new MemoryDisk();
  const { host, queue, replicas, logManager, time } = openReplicas(disk);
  const records = batch({ count: 3 });
  const partition = host();
  partition.appendAsLeader(Buffer.from(records), "client", startMs);
  queue.flush();
  const handler = describeLogDirsHandler({ replicas, logManager, disk, timers: time, isCordoned: () => false });
  const ask = () => promised(handler.handle({ topics: null }, testContext()));
  expect(await ask()).toMatchObject({
    errorCode: Errors.NONE,
    results: [
      {
        errorCode: Errors.NONE,
        logDir: "/data",
        topics: [{ name: "topic", partitions: [{ partitionIndex: 0, partitionSize: records.length, offsetLag: 0 }] }],
      },
    ],
  });
  disk.fail("write", "EIO");
  partition.appendAsLeader(records, "client", startMs);
  queue.flush();
  expect(await ask()).toMatchObject({
    errorCode: Errors.NONE,
    results: [{ errorCode: Errors.KAFKA_STORAGE_ERROR, logDir: "/data", topics: [] }],
  });
});

test("what is asked for is listed alone, however often and in whatever order it is named", async () => {
  const disk = new MemoryDisk();
  const { host, replicas, logManager, time } = openReplicas(disk);
  const otherId = "AAAAAAAAAAAAAAAAAAAAAg";
  for (const partition of [0, 1, 2]) host({ partition });
  for (const partition of [0, 1]) host({ topic: "other", topicId: otherId, partition });
  const handler = describeLogDirsHandler({ replicas, logManager, disk, timers: time, isCordoned: () => false });
  const found = async (topics: { topic: string; partitions: number[] }[]) => {
    const answer = await promised(handler.handle({ topics }, testContext()));
    if (answer === null || typeof answer === "symbol") throw new Error("no answer");
    return answer.results![0]!.topics!.map(({ name, partitions }) => [
      name,
      ...partitions!.map(({ partitionIndex }) => partitionIndex),
    ]);
  };
  expect(await found([])).toEqual([]);
  expect(await found([{ topic: "other", partitions: [] }])).toEqual([]);
  expect(
    await found([
      { topic: "other", partitions: [1, 7] },
      { topic: "topic", partitions: [2, 2] },
      { topic: "nobody's", partitions: [0] },
      { topic: "topic", partitions: [0] },
    ]),
  ).toEqual([
    ["topic", 0, 2],
    ["other", 1],
  ]);
});

test("a topic that is named ten thousands of times holds nobody up", async () => {
  const disk = new MemoryDisk();
  const { host, replicas, logManager, time } = openReplicas(disk);
  host();
  const handler = describeLogDirsHandler({ replicas, logManager, disk, timers: time, isCordoned: () => false });
  const topics = Array.from({ length: 50_000 }, (_, partition) => ({ topic: "topic", partitions: [partition] }));
  expect(await promised(handler.handle({ topics }, testContext()))).toMatchObject({
    results: [{ topics: [{ name: "topic", partitions: [{ partitionIndex: 0 }] }] }],
  });
});

test("thousands of logs are looked at over some turns, and one that goes in between is not listed", async () => {
  const disk = new MemoryDisk();
  const { host, remove, replicas, logManager, time } = openReplicas(disk);
  for (let partition = 0; partition < 2_100; partition++) host({ partition });
  const handler = describeLogDirsHandler({ replicas, logManager, disk, timers: time, isCordoned: () => false });
  let isAnswered = false;
  const answer = Promise.resolve(promised(handler.handle({ topics: null }, testContext())));
  void answer.then(() => (isAnswered = true));
  await time.turn();
  expect(isAnswered).toBe(false);
  for (const partition of [7, 2_050]) remove("topic", partition);
  await time.turn();
  const found = await answer;
  if (found === null || typeof found === "symbol") throw new Error("no answer");
  const indexes = found.results![0]!.topics![0]!.partitions!.map(({ partitionIndex }) => partitionIndex);
  expect([indexes.length, indexes.includes(7), indexes.includes(2_050)]).toEqual([2_099, true, false]);
});
