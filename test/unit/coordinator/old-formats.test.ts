import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Timeline } from "../../../src/base/timeline-map.ts";
import { GroupMetadata } from "../../../src/coordinator/group/consumer/group-metadata.ts";
import { describeGroup } from "../../../src/coordinator/group/describe.ts";
import { fetchOffsets } from "../../../src/coordinator/group/fetch.ts";
import { groupShard } from "../../../src/coordinator/group/group-shard.ts";
import { type GroupState } from "../../../src/coordinator/group/group-state.ts";
import { RecordReplay } from "../../../src/coordinator/runtime/replay-records.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { silentLogger } from "../../support/silent-logger.ts";
import { testConfig } from "./group-world.ts";

/*
 * Messages of the formats 0 and 1, plain and packed, as brokers before Kafka 0.11 wrote them to __consumer_offsets, made by
 * GenerateOffsets.java. What is expected of them is what `kafka-consumer-groups --describe --all-groups` of Apache Kafka
 * 4.3.0 printed that had found them in the place of its log, with a warning for the record of the unknown type 99.
 */
const path = new URL("../../data/message-formats/offsets.json", import.meta.url);
const { bytes, end } = JSON.parse(readFileSync(path, "utf8")) as { readonly bytes: string; readonly end: number };

async function load(): Promise<{ readonly state: GroupState; readonly count: number; readonly warned: unknown[] }> {
  const warned: unknown[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void warned.push(fields) };
  const shard = groupShard(testConfig, new GroupMetadata());
  const state = shard.newState(new Timeline());
  const count = await new RecordReplay(shard, state, nodeCompute, logger).apply(Buffer.from(bytes, "hex"));
  return { state, count, warned };
}

test("offsets in messages of old formats are loaded as Kafka loads them", async () => {
  const { state, count, warned } = await load();
  expect([count, warned]).toEqual([end, [{ offset: 12 }]]);
  const topics = [{ name: "t", topicId: "AAAAAAAAAAAAAAAAAAAAAA", partitionIndexes: [0, 1, 2] }];
  const offsetsOf = (groupId: string) =>
    fetchOffsets(state, { groupId, memberId: null, memberEpoch: -1, topics }, "committed").topics?.[0]?.partitions?.map(
      ({ committedOffset, metadata }) => [committedOffset, metadata],
    );
  const none = [-1, ""];
  expect(offsetsOf("plain-0")).toEqual([[5, "of version 0"], none, none]);
  expect(offsetsOf("plain-1")).toEqual([[7, "of version 1"], none, none]);
  expect(offsetsOf("packed-0")).toEqual([[8, "of version 1"], [9, "of version 1"], none]);
  expect(offsetsOf("packed-1")).toEqual([[12, "of version 1"], none, [13, "of version 1"]]);
  expect(offsetsOf("members")).toEqual([[14, "of version 1"], none, none]);
});

test("so is a group with a member", async () => {
  const { state } = await load();
  expect(describeGroup(state, "members", 6)).toMatchObject({
    groupState: "Stable",
    protocolType: "consumer",
    protocolData: "range",
    members: [{ memberId: "m-1", clientId: "c", clientHost: "/127.0.0.1" }],
  });
});
