import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../../../../../src/cli/client/cluster.ts";
import { type ChosenPartitions, Consumer } from "../../../../../src/cli/client/consumer/consumer.ts";
import { type ConsumerSettings } from "../../../../../src/cli/client/consumer/consumer-settings.ts";
import { nodeClientPorts } from "../../../../../src/cli/client/node-client-ports.ts";
import { nodeCompute } from "../../../../../src/io/node/node-compute.ts";
import { type ApiRequest } from "../../../../../src/protocol/apis.ts";
import { Errors } from "../../../../../src/protocol/errors.ts";
import { buildBatch } from "../../../../../src/protocol/records/batch-builder.ts";
import { controlRecord, ControlType } from "../../../../../src/protocol/records/control-records.ts";
import { AnsweringBroker, type Answers, topicIdOf } from "../../../../support/answering-broker.ts";
import { RecordingTerminal } from "../../../../support/recording-terminal.ts";

const settings: ConsumerSettings = {
  offsetReset: "earliest",
  readCommitted: false,
  fetchWaitMs: 5,
  fetchBytesMin: 1,
  fetchBytesMax: 1_000_000,
  partitionBytesMax: 1_000_000,
  polls: { intervalMs: 60_000, recordsMax: 500 },
  autoCommitIntervalMs: undefined,
};
const partition0: ChosenPartitions = { topic: "t", partitions: [0], start: "earliest" };

const batchOf = (baseOffset: number, values: string[], more = {}) =>
  buildBatch({
    baseOffset,
    records: values.map((value) => ({ key: null, value: Buffer.from(value), timestamp: 1 })),
    ...more,
  });

const transactional = (producerId: number) => ({
  producerId,
  producerEpoch: 0,
  baseSequence: 0,
  isTransactional: true,
});

const markerOf = (baseOffset: number, producerId: number, type: typeof ControlType.ABORT | typeof ControlType.COMMIT) =>
  buildBatch({
    baseOffset,
    records: [{ ...controlRecord({ type, coordinatorEpoch: 0 }), timestamp: 1 }],
    ...transactional(producerId),
    isControl: true,
  });

const fetched = (request: ApiRequest<"fetch">, partition: object) => ({
  responses: [{ topicId: request.topics[0]!.topicId, partitions: [{ partitionIndex: 0, ...partition }] }],
});
const offsetOf = (request: ApiRequest<"fetch">) => request.topics[0]!.partitions[0]!.fetchOffset;

/** The first `count` records, and what comes in the moment after. */
async function consume(answers: Answers, count: number, changes = {}, subscription = partition0): Promise<string[]> {
  const broker = await AnsweringBroker.start({
    listOffsets: () => ({ topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 0, timestamp: -1 }] }] }),
    ...answers,
  });
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: broker.bootstrap,
    clientId: "c",
    logPrefix: "",
    isAdmin: false,
    requestTimeoutMs: 30_000,
    retryBackoffMs: 5,
    log: new RecordingTerminal().log,
  });
  const consumer = new Consumer(cluster, async () => nodeCompute, { ...settings, ...changes }, subscription);
  onTestFinished(async () => {
    await consumer.close();
    cluster.close();
    await broker.stop();
  });
  const read: string[] = [];
  for (let isOver = false; !isOver;) {
    isOver = read.length >= count;
    await consumer.fill(isOver ? 50 : 5_000);
    for (let record = consumer.next(); record !== undefined; record = consumer.next()) {
      read.push(`${record.offset}:${record.value}`);
    }
  }
  return read;
}

test("records come in order, and those before the offset that was asked for are left out", async () => {
  const log = [batchOf(0, ["a", "b", "c"]), batchOf(3, ["d"])];
  const read = await consume(
    {
      fetch: (request) =>
        fetched(request, { records: Buffer.concat(log.filter((_, index) => offsetOf(request) < [3, 4][index]!)) }),
    },
    3,
    {},
    { ...partition0, start: 1 },
  );
  expect(read).toEqual(["1:b", "2:c", "3:d"]);
});

test("read_committed leaves out what was aborted, and everybody leaves out the markers", async () => {
  const records = Buffer.concat([
    batchOf(0, ["plain"]),
    batchOf(1, ["aborted"], transactional(5)),
    batchOf(2, ["committed"], transactional(6)),
    markerOf(3, 5, ControlType.ABORT),
    markerOf(4, 6, ControlType.COMMIT),
    batchOf(5, ["the same producer again"], transactional(5)),
    markerOf(6, 5, ControlType.COMMIT),
  ]);
  const answers: Answers = {
    fetch: (request) =>
      fetched(request, {
        records: offsetOf(request) === 0 ? records : null,
        abortedTransactions: [{ producerId: 5, firstOffset: 1 }],
      }),
  };
  expect(await consume(answers, 3, { readCommitted: true })).toEqual([
    "0:plain",
    "2:committed",
    "5:the same producer again",
  ]);
  expect(await consume(answers, 4)).toEqual(["0:plain", "1:aborted", "2:committed", "5:the same producer again"]);
});

test("an offset out of range starts over where the policy says", async () => {
  const read = await consume(
    {
      listOffsets: () => ({ topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 10, timestamp: -1 }] }] }),
      fetch: (request) =>
        offsetOf(request) === 10
          ? fetched(request, { records: batchOf(10, ["first that is left"]) })
          : fetched(request, { errorCode: offsetOf(request) < 10 ? Errors.OFFSET_OUT_OF_RANGE : 0 }),
    },
    1,
    {},
    { ...partition0, start: 3 },
  );
  expect(read).toEqual(["10:first that is left"]);
});

test("without a policy an offset that is not there is an error", async () => {
  const answers: Answers = { fetch: (request) => fetched(request, { errorCode: Errors.OFFSET_OUT_OF_RANGE }) };
  const start = { ...partition0, start: 3 };
  await expect(consume(answers, 1, { offsetReset: "none" }, start)).rejects.toThrow(
    "Undefined offset with no reset policy for partitions: [t-0]",
  );
});

test("a leader that moves or a connection that breaks costs no record", async () => {
  const failures: (number | "disconnect")[] = [Errors.NOT_LEADER_OR_FOLLOWER, "disconnect", Errors.FENCED_LEADER_EPOCH];
  const read = await consume(
    {
      fetch: (request) => {
        const failure = failures.shift();
        if (failure === "disconnect") return failure;
        if (failure !== undefined) return fetched(request, { errorCode: failure });
        return fetched(request, { records: offsetOf(request) === 0 ? batchOf(0, ["a"]) : null });
      },
    },
    1,
  );
  expect(read).toEqual(["0:a"]);
});

test("leaders of many partitions are looked for together", async () => {
  const partitions = Array.from({ length: 200 }, (_, index) => index);
  const withoutLeader = partitions.map((partitionIndex) => ({ partitionIndex, leaderId: -1 }));
  let lookUps = 0;
  await consume(
    {
      metadata: () => {
        lookUps++;
        return { topics: [{ name: "t", topicId: topicIdOf, partitions: withoutLeader }] };
      },
    },
    0,
    {},
    { topic: "t", partitions, start: 0 },
  );
  expect(lookUps).toBeLessThan(20);
});

test("a damaged batch is an error, never wrong data", async () => {
  const damaged = batchOf(0, ["abc"]);
  damaged[damaged.length - 2]! ^= 1;
  await expect(consume({ fetch: (request) => fetched(request, { records: damaged }) }, 1)).rejects.toThrow(
    "Record batch for partition t-0 at offset 0 is invalid, cause: Record is corrupt",
  );
});
