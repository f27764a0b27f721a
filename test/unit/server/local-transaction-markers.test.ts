import { expect, test } from "vitest";
import { type ErrorCode, Errors } from "../../../src/protocol/errors.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { type CompletedTransaction, LocalTransactionMarkers } from "../../../src/server/local-transaction-markers.ts";
import { readAll } from "../log/open-log.ts";
import { openReplicas } from "../replication/replicas.ts";

function open(minInSyncReplicas = 1) {
  const opened = openReplicas();
  const completed: CompletedTransaction[] = [];
  const markers = new LocalTransactionMarkers({
    replicas: opened.replicas,
    clock: opened.time,
    minInSyncReplicasOf: () => minInSyncReplicas,
    timeoutMs: 30_000,
    completeOffsets: (one) => {
      completed.push(one);
      return Promise.resolve(Errors.NOT_LEADER_OR_FOLLOWER);
    },
  });
  const marker = (...partitions: readonly (readonly [topic: string, partition: number])[]) => ({
    producerId: 7,
    producerEpoch: 1,
    coordinatorEpoch: 3,
    isCommit: true,
    transactionVersion: 2,
    partitions: partitions.map(([topic, partition]) => ({ topic, partition })),
  });
  return { ...opened, markers, marker, completed };
}

test("each partition has its own answer", async () => {
  const { markers, marker, host, time, queue, completed } = open();
  const led = host();
  host({ partition: 1, registration: { leader: 2, replicas: [1, 2], isr: [1, 2] } });
  host({ topic: "__consumer_offsets", topicId: "AAAAAAAAAAAAAAAAAAAABQ" });
  const written = markers.write([
    marker(["topic", 0], ["topic", 1], ["topic", 9], ["none", 0], ["__consumer_offsets", 0], ["__consumer_offsets", 5]),
    { ...marker(["topic", 0]), producerEpoch: 0 },
  ]);
  expect(led.log.logEndOffset, "appended before the call returned").toBe(1);
  queue.flush();
  await time.settle();
  const { NONE, NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION, INVALID_PRODUCER_EPOCH } = Errors;
  expect(await written).toEqual([
    [
      NONE,
      NOT_LEADER_OR_FOLLOWER,
      UNKNOWN_TOPIC_OR_PARTITION,
      UNKNOWN_TOPIC_OR_PARTITION,
      NOT_LEADER_OR_FOLLOWER,
      UNKNOWN_TOPIC_OR_PARTITION,
    ],
    [INVALID_PRODUCER_EPOCH],
  ]);
  const { partitions: _, ...end } = marker();
  expect(completed).toEqual([{ ...end, partition: 0 }]);
  const [only] = [...batches(readAll(led.log))];
  expect(only).toMatchObject({ isControl: true, isTransactional: true, producerId: 7, producerEpoch: 1 });
});

test("a marker counts when all in-sync replicas have it", async () => {
  const { markers, marker, host, time, queue } = open();
  host({ registration: { replicas: [1, 2], isr: [1, 2] } });
  let codes: ErrorCode[][] | undefined;
  void markers.write([marker(["topic", 0])]).then((written) => (codes = written));
  queue.flush();
  await time.advance(29_000);
  expect(codes).toBeUndefined();
  await time.advance(2_000);
  expect(codes).toEqual([[Errors.REQUEST_TIMED_OUT]]);
});

test("nothing is written where too few replicas are in sync", async () => {
  const { markers, marker, host } = open(2);
  const partition = host({ registration: { replicas: [1, 2], isr: [1] } });
  expect(await markers.write([marker(["topic", 0])])).toEqual([[Errors.NOT_ENOUGH_REPLICAS]]);
  expect(partition.log.logEndOffset).toBe(0);
});

test("topics with their own times for records do not share a batch", async () => {
  const { markers, marker, host, time, queue } = open();
  const appendTime = host();
  const createTime = host({ partition: 1 });
  appendTime.log.updateConfig({ ...appendTime.log.config, messageTimestampType: "LogAppendTime" });
  const written = markers.write([marker(["topic", 0], ["topic", 1])]);
  queue.flush();
  await time.settle();
  await written;
  const types = [appendTime, createTime].map(({ log }) => [...batches(readAll(log))][0]!.timestampType);
  expect(types).toEqual(["logAppendTime", "createTime"]);
});
