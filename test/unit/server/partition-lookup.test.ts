import { expect, test } from "vitest";
import { defaultLogConfig } from "../../../src/log/log-config.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { PartitionLookup } from "../../../src/server/partition-lookup.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { groupTopicsCache } from "../../support/group-topics.ts";
import { openReplicas, registration } from "../replication/replicas.ts";

const topic = "__consumer_offsets";

function open(disk = new MemoryDisk()) {
  const { replicas, time } = openReplicas(disk);
  const cache = groupTopicsCache(2);
  const topicId = cache.topic(topic)!.id;
  const lookup = new PartitionLookup(cache, replicas);
  const errors = () => [0, 1, 2].map((index) => [lookup.byName(topic, index), lookup.byId(topicId, index)]);
  const leaders = [0, 1].map((partition) => {
    return { topic, topicId, partition, registration: registration(), isNew: true };
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
