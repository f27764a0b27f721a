import { expect, test } from "vitest";
import { defaultLogConfig } from "../../../src/log/log-config.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { PartitionLookup } from "../../../src/server/partition-lookup.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { groupTopicsCache } from "../../support/group-topics.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { deleteRecordsHandler } from "../../../src/server/handlers/delete-records.ts";
import { describeProducersHandler } from "../../../src/server/handlers/describe-producers.ts";
import { listOffsetsHandler } from "../../../src/server/handlers/list-offsets.ts";
import { offsetForLeaderEpochHandler } from "../../../src/server/handlers/offset-for-leader-epoch.ts";
import { oneTopicCache } from "../../support/one-topic-cache.ts";
import { batch, startMs } from "../log/batches.ts";
import { openReplicas, registration, topicId } from "../replication/replicas.ts";
import { testContext } from "./test-context.ts";

const topic = "__consumer_offsets";

function open(disk = new MemoryDisk()) {
  const { replicas, time } = openReplicas(disk);
  const cache = groupTopicsCache(2);
  const topicId = cache.topic(topic)!.id;
  const lookup = new PartitionLookup(cache, replicas);
  const errors = () => [0, 1, 2].map((index) => [lookup.byName(topic, index), lookup.byId(topicId, index)]);
  const leaders = [0, 1].map((partition) => {
    return { topic, topicId, partition, registration: registration() };
  });
  const apply = () => replicas.applyAside({ leaders, deletes: [], followers: [] }, () => defaultLogConfig);
  return { errors, apply, time };
}

const unknown = [Errors.UNKNOWN_TOPIC_OR_PARTITION, Errors.UNKNOWN_TOPIC_OR_PARTITION];

test("a partition that is on its way is asked for again, one that the metadata does not have is unknown", async () => {
  const { errors, apply, time } = open();
  const coming = [Errors.NOT_LEADER_OR_FOLLOWER, Errors.NOT_LEADER_OR_FOLLOWER];
  expect(errors()).toEqual([coming, coming, unknown]);
  void apply();
  expect(errors()).toEqual([coming, coming, unknown]);
  await time.settle();
  await time.settle();
  expect(errors()).toEqual([
    [expect.objectContaining({ index: 0 }), expect.objectContaining({ index: 0 })],
    [expect.objectContaining({ index: 1 }), expect.objectContaining({ index: 1 })],
    unknown,
  ]);
});

/** What each handler answers, by name, about a partition whose topic is gone, or another topic by now, and whose replica is still here. */
test.each([
  ["deleted", undefined, Errors.UNKNOWN_TOPIC_OR_PARTITION],
  ["replaced by another of its name", "BBBBBBBBBBBBBBBBBBBBBA", Errors.NOT_LEADER_OR_FOLLOWER],
])("of a topic that was %s nothing is served any more", async (_what, id, expected) => {
  const { replicas, host, time } = openReplicas();
  const { cache, say } = oneTopicCache("topic", topicId);
  const lookup = new PartitionLookup(cache, replicas);
  const partition = host();
  partition.appendAsLeader(batch({ count: 3 }), "client", startMs);
  await time.settle();
  const errors = async () => {
    const name = "topic";
    const asked = [
      listOffsetsHandler({ lookup, compute: nodeCompute, timers: time }).handle(
        {
          replicaId: -1,
          isolationLevel: 0,
          timeoutMs: 0,
          topics: [{ name, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }],
        },
        testContext({ apiVersion: 5 }),
      ),
      deleteRecordsHandler({ lookup, deadlines: replicas.deadlines }).handle(
        { topics: [{ name, partitions: [{ partitionIndex: 0, offset: 2 }] }], timeoutMs: 0 },
        testContext({ apiVersion: 2 }),
      ),
      describeProducersHandler({ cache, lookup }).handle(
        { topics: [{ name, partitionIndexes: [0] }] },
        testContext({ apiVersion: 0 }),
      ),
      offsetForLeaderEpochHandler({ lookup }).handle(
        {
          replicaId: -1,
          topics: [{ topic: name, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }] }],
        },
        testContext({ apiVersion: 4 }),
      ),
    ];
    const answers = await Promise.all(asked);
    return answers.map((answer) => JSON.stringify(answer).match(/"errorCode":(\d+)/)?.[1] ?? "0").map(Number);
  };
  expect(await errors()).toEqual([0, 0, 0, 0]);
  say(id);
  expect([await errors(), lookup.byId(topicId, 0)]).toEqual([
    [expected, expected, expected, expected],
    Errors.UNKNOWN_TOPIC_ID,
  ]);
  expect(partition.log.logStartOffset).toBe(2);
});

test("where no directory can take it, its storage has failed", async () => {
  const disk = new MemoryDisk();
  const { errors, apply, time } = open(disk);
  disk.fail("mkdir", "EIO", { path: /__consumer_offsets/ });
  void apply();
  await time.settle();
  await time.settle();
  const failed = [Errors.KAFKA_STORAGE_ERROR, Errors.KAFKA_STORAGE_ERROR];
  expect(errors()).toEqual([failed, failed, unknown]);
});
