import { expect, test, vi } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { listOffsetsHandler } from "../../../../src/server/handlers/list-offsets.ts";
import { promised } from "../../../../src/server/later-result.ts";
import { PartitionLookup } from "../../../../src/server/partition-lookup.ts";
import { batch, startMs } from "../../log/batches.ts";
import { openReplicas, topicId } from "../../replication/replicas.ts";
import { oneTopicCache } from "../../../support/one-topic-cache.ts";
import { testContext } from "../test-context.ts";

/** A partition with two records, of which the second is not committed, or is of an open transaction. */
async function found(isOpenTransaction: boolean, isolationLevel: number, timestamp: number): Promise<unknown> {
  const { replicas, host, queue, time } = openReplicas();
  const partition = host(isOpenTransaction ? {} : { registration: { replicas: [1, 2], isr: [1, 2] } });
  partition.appendAsLeader(batch({ timestamp: startMs }), "client", startMs);
  queue.flush();
  if (!isOpenTransaction) partition.log.highWatermark = 1;
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true };
  const second = batch({ timestamp: startMs + 10, ...(isOpenTransaction ? producer : {}) });
  partition.appendAsLeader(second, "client", startMs);
  queue.flush();
  const lookup = new PartitionLookup(oneTopicCache("topic", topicId).cache, replicas);
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
  const request = { replicaId: -1, isolationLevel, timeoutMs: 0, topics: [{ name: "topic", partitions }] };
  const handler = listOffsetsHandler({ lookup, compute: nodeCompute, timers: time });
  const answer = await promised(handler.handle(request, testContext({ apiVersion: 8 })));
  if (answer === null || typeof answer === "symbol") throw new Error("no answer");
  return answer.topics![0]!.partitions![0]!.offset;
}

test.each([
  ["what is not committed", false, 0],
  ["what may be aborted, for read_committed", true, 1],
] as const)("%s is not found by time, as the largest or as the latest", async (_what, isOpen, isolationLevel) => {
  expect(await found(isOpen, isolationLevel, startMs)).toBe(0);
  expect(await found(isOpen, isolationLevel, startMs + 5)).toBe(-1);
  expect(await found(isOpen, isolationLevel, -3)).toBe(-1);
  expect(await found(isOpen, isolationLevel, -1)).toBe(1);
});

test("read_uncommitted finds what may be aborted", async () => {
  expect(await found(true, 0, startMs + 5)).toBe(1);
  expect(await found(true, 0, -3)).toBe(1);
  expect(await found(true, 0, -1)).toBe(2);
});

test("each partition that stands in a request more than once is refused, and no other", async () => {
  const { replicas, host, time } = openReplicas();
  for (const partition of [0, 1]) host({ partition });
  const lookup = new PartitionLookup(oneTopicCache("topic", topicId).cache, replicas);
  const handler = listOffsetsHandler({ lookup, compute: nodeCompute, timers: time });
  const asking = (name: string, ...indexes: number[]) => ({
    name,
    partitions: indexes.map((partitionIndex) => ({ partitionIndex, currentLeaderEpoch: -1, timestamp: -2 })),
  });
  const topics = [asking("topic", 0, 7, 7), asking("nobody's", 0, 1), asking("topic", 1, 0), asking("nobody's", 1)];
  const request = { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics };
  const answer = await promised(handler.handle(request, testContext({ apiVersion: 8 })));
  if (answer === null || typeof answer === "symbol") throw new Error("no answer");
  const { INVALID_REQUEST: twice, UNKNOWN_TOPIC_OR_PARTITION: unknown } = Errors;
  expect(answer.topics!.map(({ partitions }) => partitions!.map(({ errorCode }) => errorCode))).toEqual([
    [twice, twice, twice],
    [unknown, twice],
    [Errors.NONE, twice],
    [twice],
  ]);
});

test.each([
  [startMs, 1],
  [-3, 1],
  [startMs, 5],
])(
  "thousands of logs are searched over some turns of the event loop (%i, of %i requests)",
  async (timestamp, count) => {
    const { replicas, host, queue, time } = openReplicas();
    const { cache } = oneTopicCache("topic", topicId);
    let looks = 0;
    const partitions = Array.from({ length: 250 }, (_, partitionIndex) => {
      const partition = host({ partition: partitionIndex });
      partition.appendAsLeader(batch(), "client", startMs);
      const { log } = partition;
      const { offsetForTimestamp, offsetOfMaxTimestamp } = log;
      log.offsetForTimestamp = (...args) => (looks++, offsetForTimestamp.apply(log, args));
      log.offsetOfMaxTimestamp = (...args) => (looks++, offsetOfMaxTimestamp.apply(log, args));
      return { partitionIndex, currentLeaderEpoch: -1, timestamp };
    });
    queue.flush();
    for (const { log } of replicas.partitions()) log.highWatermark = log.writtenOffset;
    const lookup = new PartitionLookup(cache, replicas);
    vi.spyOn(lookup, "leaderByName").mockImplementation((topic, index) => replicas.partition(topic, index)!);
    const handler = listOffsetsHandler({ lookup, compute: nodeCompute, timers: time });
    const answers = Array.from({ length: count }, (_, index) => {
      const topics = [{ name: "topic", partitions: partitions.filter((_, each) => each % count === index) }];
      const request = { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics };
      return promised(handler.handle(request, testContext({ apiVersion: 8 })));
    });
    const seen: number[] = [];
    for (let turns = 0; turns < 4; turns++) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(looks);
      await time.turn();
    }
    expect(seen).toEqual([100, 200, 250, 250]);
    const answered = partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, offset: 0 }));
    const expected = Array.from({ length: count }, (_, index) => ({
      topics: [{ partitions: answered.filter((_, each) => each % count === index) }],
    }));
    expect(await Promise.all(answers)).toMatchObject(expected);
  },
);

test("thousands of ends of logs are looked up over some turns", async () => {
  const { replicas, host, time } = openReplicas();
  host();
  const lookup = new PartitionLookup(oneTopicCache("topic", topicId).cache, replicas);
  const lookUp = vi.spyOn(lookup, "leaderByName").mockImplementation(() => replicas.partition("topic", 0)!);
  const handler = listOffsetsHandler({ lookup, compute: nodeCompute, timers: time });
  const topics = ["one", "other"].map((name) => ({
    name,
    partitions: Array.from({ length: 600 }, (_, partitionIndex) => ({
      partitionIndex,
      currentLeaderEpoch: -1,
      timestamp: partitionIndex % 2 === 0 ? -1 : -2,
    })),
  }));
  const request = { replicaId: -1, isolationLevel: 0, timeoutMs: 0, topics };
  const answer = promised(handler.handle(request, testContext({ apiVersion: 8 })));
  const seen = [lookUp.mock.calls.length];
  while (await time.turn()) seen.push(lookUp.mock.calls.length);
  expect(seen).toEqual([499, 999, 1_200]);
  const answered = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, offset: 0 })),
  }));
  expect(await answer).toMatchObject({ topics: answered });
});
