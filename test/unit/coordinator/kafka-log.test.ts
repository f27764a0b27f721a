import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Timeline } from "../../../src/base/timeline-map.ts";
import { GroupMetadata } from "../../../src/coordinator/group/consumer/group-metadata.ts";
import { describeGroup, listGroups } from "../../../src/coordinator/group/describe.ts";
import { fetchOffsets } from "../../../src/coordinator/group/fetch.ts";
import { decodeGroupRecord, encodeGroupRecord } from "../../../src/coordinator/group/group-records.ts";
import { groupShard } from "../../../src/coordinator/group/group-shard.ts";
import { type GroupState } from "../../../src/coordinator/group/group-state.ts";
import { RecordReplay } from "../../../src/coordinator/runtime/replay-records.ts";
import { WriteBatch } from "../../../src/coordinator/runtime/write-batch.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { batches, onlyBatch } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { GroupWorld, noCompute, testConfig } from "./group-world.ts";

/*
 * Partitions 0 to 4 of the __consumer_offsets of an Apache Kafka 4.3.0 that answered `runGroupScript`, and had groups of
 * consumers of the new protocol and of a share consumer, and transactions that were committed, aborted and left open.
 */
const partitions = [0, 1, 2, 3, 4];

function segment(partition: number): Buffer {
  return readFileSync(new URL(`../../data/groups/kafka-offsets-${partition}.log`, import.meta.url));
}

async function loaded(partition: number): Promise<GroupState> {
  const shard = groupShard(testConfig, new GroupMetadata());
  const state = shard.newState(new Timeline());
  await new RecordReplay(shard, state, noCompute, silentLogger).apply(segment(partition));
  return state;
}

test.each(partitions)("what we write for the records of partition %i is what Kafka wrote", (partition) => {
  const types = new Set<string>();
  for (const batch of batches(segment(partition))) {
    if (batch.isControl) continue;
    for (const { key, value } of recordsOf(batch, payloadOf(batch))) {
      const record = decodeGroupRecord(new Reader(key!), value === null ? null : new Reader(value));
      if (record === undefined) throw new Error(`a record of an unknown type: ${key!.toString("hex")}`);
      types.add(record.type);
      const encoded = encodeGroupRecord(record);
      expect(encoded.key.toString("hex")).toBe(key!.toString("hex"));
      expect(encoded.value?.toString("hex")).toBe(value?.toString("hex"));
    }
  }
  expect([...types].sort()).toEqual(
    partition === 0 || partition === 2 ? ["groupMetadata", "offsetCommit"] : expect.anything(),
  );
});

test.each(partitions)("our batches of the records of partition %i are Kafka's batches", (partition) => {
  for (const batch of batches(segment(partition))) {
    if (batch.isControl || batch.isTransactional) continue;
    const ours = new WriteBatch(batch.baseOffset, 1);
    for (const { key, value, timestamp } of recordsOf(batch, payloadOf(batch))) ours.add({ key, value, timestamp });
    const view = onlyBatch(ours.toBuffer(0));
    view.setBaseOffset(batch.baseOffset);
    view.setPartitionLeaderEpoch(batch.partitionLeaderEpoch);
    expect(view.bytes().toString("hex")).toBe(batch.bytes().toString("hex"));
  }
});

test("all groups are there, each in its state", async () => {
  const states = await Promise.all(partitions.map(loaded));
  const listed = states.flatMap((state) => listGroups(state, { statesFilter: [], typesFilter: [] }));
  const lines = listed.map(({ groupId, protocolType, groupState, groupType }) =>
    [groupId, groupType, protocolType, groupState].join(" ").replace("  ", " - "),
  );
  expect(lines.sort()).toMatchInlineSnapshot(`
    [
      "connect classic connect Empty",
      "full classic consumer Empty",
      "live-consumers consumer consumer Stable",
      "new-consumers consumer consumer Empty",
      "new4 classic - Empty",
      "new6 classic - Empty",
      "new7 classic - Empty",
      "new9 classic - Empty",
      "noprotocols classic - Empty",
      "notype classic - Empty",
      "nulls classic - Empty",
      "old classic - Empty",
      "pending classic - Empty",
      "rebalances classic consumer Empty",
      "sessions classic consumer Empty",
      "sharers share share Empty",
      "static classic consumer Empty",
      "two classic consumer Empty",
      "txn-aborted classic - Empty",
      "txn-committed classic - Empty",
      "txn-open classic - Empty",
      "v0 classic consumer Empty",
      "v1 classic consumer Empty",
      "v3 classic consumer Empty",
      "v5 classic consumer Empty",
      "v7 classic consumer Empty",
      "v8 classic consumer Empty",
      "v9 classic consumer Empty",
    ]
  `);
});

test("members are as the records say", async () => {
  const states = await Promise.all(partitions.map(loaded));
  const connect = states
    .map((state) => describeGroup(state, "connect", 6))
    .find((group) => group.errorCode === undefined);
  expect(connect).toMatchObject({ groupState: "Empty", protocolType: "connect", members: [] });
});

test("offsets of transactions count when they are committed", async () => {
  const states = await Promise.all(partitions.map(loaded));
  const offsetOf = (groupId: string, view: "committed" | "latest") => {
    const topics = [{ name: "t", topicId: "AAAAAAAAAAAAAAAAAAAAAA", partitionIndexes: [0] }];
    const state = states.find((each) => each.groups.has(groupId))!;
    const fetched = fetchOffsets(state, { groupId, memberId: null, memberEpoch: -1, topics }, view);
    return fetched.topics?.[0]?.partitions?.[0];
  };
  expect(offsetOf("txn-committed", "latest")).toMatchObject({ committedOffset: 11, metadata: "txn" });
  expect(offsetOf("txn-aborted", "latest")).toMatchObject({ committedOffset: -1 });
  expect(offsetOf("txn-open", "committed")).toMatchObject({ committedOffset: -1 });
  // UNSTABLE_OFFSET_COMMIT
  expect(offsetOf("txn-open", "latest")).toMatchObject({ committedOffset: -1, errorCode: 88 });
});

test("a classic member takes over a group of the new protocol, and its records with it", async () => {
  const world = new GroupWorld({ config: { initialRebalanceDelayMs: 0 }, partitionCount: 5 });
  for (const partition of partitions)
    world.log.batches(partition).push(...[...batches(segment(partition))].map((batch) => batch.bytes()));
  await world.elect();
  const groupId = "new-consumers";
  const joined = world.groups.joinGroup(
    {
      groupId,
      memberId: "",
      groupInstanceId: null,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: Buffer.alloc(0) }],
      reason: null,
    },
    { apiVersion: 3, clientId: "c", clientHost: "/h", newMemberIdSuffix: "1" },
  );
  await world.time.advance(0);
  expect((await joined).generationId).toBe(1);
  const partition = world.groups.partitionFor(groupId);
  const { loaded: fromLog, live } = await world.compare(partition);
  expect(fromLog).toEqual(live);
  const all = { groupId, memberId: null, memberEpoch: -1, topics: null };
  const fetched = await world.groups.fetchOffsets(all, false);
  expect(fetched).toMatchObject({ ok: true, response: { topics: [{ name: "t" }] } });
});

test("a share group is left to its own protocol", async () => {
  const states = await Promise.all(partitions.map(loaded));
  const state = states.find((each) => each.groups.has("sharers"))!;
  expect(state.groups.get("sharers")?.type).toBe("share");
  expect(describeGroup(state, "sharers", 6)).toMatchObject({ errorMessage: "Group sharers is not a classic group." });
});
