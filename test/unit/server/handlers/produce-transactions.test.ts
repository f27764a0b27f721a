import { expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { errorName, type ErrorCode, Errors } from "../../../../src/protocol/errors.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { compressBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { produceHandler } from "../../../../src/server/handlers/produce.ts";
import { promised } from "../../../../src/server/later-result.ts";
import { PartitionLookup } from "../../../../src/server/partition-lookup.ts";
import { readAll } from "../../log/open-log.ts";
import { batch, marker, type BatchOptions } from "../../log/batches.ts";
import { openReplicas, topicId } from "../../replication/replicas.ts";
import { openVerification } from "../../replication/verification.ts";
import { oneTopicCache } from "../../../support/one-topic-cache.ts";
import { unusedWorkers } from "../../../support/unused-workers.ts";
import { testContext } from "../test-context.ts";

/** A handler whose coordinator answers when the test lets it. */
function open() {
  const opened = openReplicas(undefined, {}, { producerSettings: { verifiesTransactions: true } });
  const waiting: ((code: ErrorCode) => void)[] = [];
  const answers = () => new Promise<ErrorCode>((resolve) => void waiting.push(resolve));
  const { verification, asked } = openVerification(opened.time, answers);
  const { cache } = oneTopicCache("topic", topicId);
  const handler = produceHandler({
    cache,
    lookup: new PartitionLookup(cache, opened.replicas),
    replicas: opened.replicas,
    clock: opened.time,
    compute: nodeCompute,
    workers: unusedWorkers,
    verification,
    minInSyncReplicasOf: () => 1,
  });
  const partition = opened.host();
  const context = testContext({ apiVersion: 9 });
  const send = async (records: Buffer, { version = 9, acks = 1, transactionalId = "id" as string | null } = {}) => {
    const partitionData = [{ index: 0, records }];
    const topicData = [{ name: "topic", topicId: "AAAAAAAAAAAAAAAAAAAAAA", partitionData }];
    const request = { transactionalId, acks, timeoutMs: 1_000, topicData };
    const answer = await promised(handler.handle(request, { ...context, apiVersion: version }));
    if (answer === null || typeof answer === "symbol") return String(answer);
    const { errorCode = 0, errorMessage, baseOffset } = answer.responses![0]!.partitionResponses![0]!;
    if (errorCode === Errors.NONE) return baseOffset;
    return errorMessage === null ? errorName(errorCode) : `${errorName(errorCode)}: ${errorMessage}`;
  };
  const transactional = (baseSequence: number, options: BatchOptions = {}) =>
    batch({ producerId: 7, producerEpoch: 0, baseSequence, isTransactional: true, ...options });
  const answer = async (code: ErrorCode) => {
    for (const resolve of waiting.splice(0)) resolve(code);
    await opened.time.settle();
  };
  return { ...opened, partition, send, transactional, answer, asked, waiting };
}

test("what comes behind a batch that waits for its coordinator stays behind it", async () => {
  const { time, send, transactional, answer, asked, partition } = open();
  const sent = [
    send(transactional(0)),
    send(await compressBatch(transactional(1, { count: 2 }), "gzip", nodeCompute)),
    send(batch(), { transactionalId: null }),
    send(transactional(3)),
  ];
  await time.settle();
  expect(partition.log.logEndOffset).toBe(0);
  await answer(Errors.NONE);
  // The compressed batch comes from the thread pool, whenever that is done.
  const appended = Promise.all(sent);
  const isAppended = appended.then(() => true);
  do await time.settle();
  while (!(await Promise.race([isAppended, Promise.resolve(false)])));
  expect(await appended).toEqual([0, 1, 3, 4]);
  expect(Array.from(batches(readAll(partition.log)), ({ baseSequence }) => baseSequence)).toEqual([0, 1, -1, 3]);
  // The first batch opens the transaction for the others.
  expect(asked).toHaveLength(1);
});

test("a batch that waits is kept when the buffer that it came in is used again", async () => {
  const { time, send, transactional, answer, partition } = open();
  const received = transactional(0, { value: "kept" });
  const sent = send(received);
  await time.settle();
  received.fill(0);
  await answer(Errors.NONE);
  expect(await sent).toBe(0);
  expect(readAll(partition.log).includes("kept")).toBe(true);
});

test("a transaction that ends while its first batch waits is not opened again", async () => {
  const { time, send, transactional, answer, partition } = open();
  const sent = send(transactional(0));
  await time.settle();
  partition.appendAsLeader(marker(7, true), "coordinator", time.wallMs());
  await answer(Errors.NONE);
  expect(await sent).toBe("INVALID_TXN_STATE");
  expect(partition.log.producerState.get(7)?.transactionFirstOffset).toBe(-1);
});

const unable = (cause: string) =>
  `NOT_ENOUGH_REPLICAS: Unable to verify the partition has been added to the transaction. Underlying error: ${cause}`;
const notAdded = "INVALID_TXN_STATE: Partition was not added to the transaction";

test.each([
  ["INVALID_TXN_STATE", notAdded, notAdded, notAdded],
  ["TRANSACTION_ABORTABLE", notAdded, "TRANSACTION_ABORTABLE", "TRANSACTION_ABORTABLE"],
  ["PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH", "INVALID_PRODUCER_EPOCH", "INVALID_PRODUCER_EPOCH"],
  ["INVALID_PRODUCER_ID_MAPPING", ...Array.from({ length: 3 }, () => "INVALID_PRODUCER_ID_MAPPING")],
  ["COORDINATOR_NOT_AVAILABLE", ...Array.from({ length: 3 }, () => unable("COORDINATOR_NOT_AVAILABLE"))],
  ["COORDINATOR_LOAD_IN_PROGRESS", ...Array.from({ length: 3 }, () => unable("COORDINATOR_LOAD_IN_PROGRESS"))],
  ["NOT_COORDINATOR", ...Array.from({ length: 3 }, () => unable("NOT_COORDINATOR"))],
  ["CONCURRENT_TRANSACTIONS", unable("CONCURRENT_TRANSACTIONS"), unable("CONCURRENT_TRANSACTIONS"), "not yet"],
] as const)("%s of the coordinator, in the words of versions 10, 11 and 12", async (name, ...expected) => {
  for (const [place, version] of [10, 11, 12].entries()) {
    const { time, send, transactional, answer, partition } = open();
    let outcome: unknown = "not yet";
    void send(transactional(0), { version }).then((said) => (outcome = said));
    await time.settle();
    await answer(Errors[name]);
    expect(outcome, `version ${version}`).toBe(expected[place]);
    expect(partition.log.logEndOffset).toBe(0);
  }
});

test("while the last transaction is being ended, the coordinator is asked for 100 ms", async () => {
  const { time, send, transactional, answer, asked, waiting } = open();
  const first = send(transactional(0), { version: 12 });
  for (const pauseMs of [0, 1, 2, 4, 8]) {
    await time.advance(pauseMs);
    expect(waiting).toHaveLength(1);
    await answer(Errors.CONCURRENT_TRANSACTIONS);
  }
  await time.advance(16);
  await answer(Errors.NONE);
  expect(await first).toBe(0);
  expect(asked.every(({ verifyOnly }) => !verifyOnly)).toBe(true);

  const second = send(transactional(0, { producerId: 8 }), { version: 12 });
  for (let spentMs = 0; spentMs <= 120; spentMs++) {
    await answer(Errors.CONCURRENT_TRANSACTIONS);
    await time.advance(1);
  }
  expect(await second).toBe("CONCURRENT_TRANSACTIONS");
});

test("a client that wants no answer is told by its connection that verification failed", async () => {
  const { time, send, transactional, answer } = open();
  const sent = send(transactional(0), { acks: 0 });
  await time.settle();
  await answer(Errors.INVALID_TXN_STATE);
  expect(await sent).toBe("Symbol(close connection)");
});
