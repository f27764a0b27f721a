import { expect, test } from "vitest";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";
import { directoryIds } from "../../../../src/metadata/directory-id.ts";
import { type MetadataRecordDraft } from "../../../../src/metadata/metadata-record.ts";
import { type ApiRequest, type ApiResponse } from "../../../../src/protocol/apis.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { type Draft } from "../../../../src/protocol/schema.ts";
import { AutoTopicCreation } from "../../../../src/server/auto-topic-creation.ts";
import { metadataHandler } from "../../../../src/server/handlers/metadata.ts";
import { MetadataCache } from "../../../../src/server/metadata-cache.ts";
import { imageOf } from "../../../support/metadata-image.ts";
import { nodeConfig } from "../../../support/node-config.ts";
import { ManualTime } from "../../../support/manual-time.ts";
import { silentLogger } from "../../../support/silent-logger.ts";
import { testContext } from "../test-context.ts";

const config = nodeConfig();

const goodDirectory = "GGGGGGGGGGGGGGGGGGGGGA";
const topicId = "TTTTTTTTTTTTTTTTTTTTTA";

function broker(brokerId: number, listener: string, fenced: boolean): MetadataRecordDraft {
  const endPoints = [{ name: listener, host: `host${brokerId}`, port: 9092, securityProtocol: 0 }];
  const data = { brokerId, endPoints, fenced, logDirs: [goodDirectory], rack: brokerId === 1 ? "a" : null };
  return { type: "registerBroker", version: 3, data };
}

function partition(
  partitionId: number,
  leader: number,
  replicas: number[],
  directories?: string[],
): MetadataRecordDraft {
  const data = { partitionId, topicId, replicas, isr: replicas, leader, leaderEpoch: 4, partitionEpoch: 7 };
  return {
    type: "partition",
    version: 1,
    data: { ...data, directories: directories ?? replicas.map(() => goodDirectory) },
  };
}

/** 1 is well, 2 is fenced, 3 has another listener, 9 is not registered. */
const image = imageOf([
  broker(1, "PLAINTEXT", false),
  broker(2, "PLAINTEXT", true),
  broker(3, "INTERNAL", false),
  { type: "topic", version: 0, data: { name: "t", topicId } },
  partition(0, 1, [1, 2]),
  partition(1, 3, [3, 1]),
  partition(2, 9, [9]),
  partition(3, -1, [2]),
  partition(4, 1, [1], [directoryIds.lost]),
  partition(5, 1, [1], [directoryIds.unassigned]),
  partition(6, 1, [1], ["BBBBBBBBBBBBBBBBBBBBBA"]),
]);

type CreateTopics = ApiRequest<"createTopics">;

function setUp(autoCreateTopics = true) {
  const asked: CreateTopics[] = [];
  const answers: ((response: Draft<ApiResponse<"createTopics">>) => void)[] = [];
  const controller = {
    createTopics(request: CreateTopics): Promise<Draft<ApiResponse<"createTopics">>> {
      asked.push(request);
      return new Promise((resolve) => answers.push(resolve));
    },
  };
  const cache = new MetadataCache();
  cache.publish(new MetadataDelta(), image);
  const time = new ManualTime();
  const autoTopicCreation = new AutoTopicCreation(controller, config, silentLogger);
  const handler = metadataHandler({
    cache,
    clusterId: "c",
    autoCreateTopics,
    autoTopicCreation,
    timers: time,
    draw: () => 0.99,
  });
  const ask = (version: number, names: string[], listenerName = "PLAINTEXT") =>
    handler.handle(
      {
        topics: names.map((name) => ({ name, topicId: "AAAAAAAAAAAAAAAAAAAAAA" })),
        allowAutoTopicCreation: true,
        includeClusterAuthorizedOperations: false,
        includeTopicAuthorizedOperations: false,
      },
      testContext({ apiKey: 3, apiVersion: version, listenerName }),
    ) as Draft<ApiResponse<"metadata">>;
  return { ask, asked, answers, cache, time, handler };
}

type Partitions = { errorCode: number; leaderId: number; offlineReplicas: number[]; replicaNodes: number[] }[];

function partitionsOf(response: Draft<ApiResponse<"metadata">>): Partitions {
  return response.topics![0]!.partitions as Partitions;
}

test("brokers that are fenced or have no such listener are not told", () => {
  const { ask } = setUp();
  expect(ask(12, []).brokers).toEqual([{ nodeId: 1, host: "host1", port: 9092, rack: "a" }]);
  expect(ask(12, [], "INTERNAL").brokers).toEqual([{ nodeId: 3, host: "host3", port: 9092, rack: null }]);
});

test("the controller is any broker that is not fenced", () => {
  expect(setUp().ask(12, []).controllerId).toBe(3);
});

test("errors and offline replicas of partitions", () => {
  const partitions = partitionsOf(setUp().ask(12, ["t"]));
  expect(partitions.map(({ errorCode, leaderId, offlineReplicas }) => [errorCode, leaderId, offlineReplicas])).toEqual([
    [Errors.NONE, 1, [2]],
    [Errors.LISTENER_NOT_FOUND, -1, [3]],
    [Errors.LEADER_NOT_AVAILABLE, -1, [9]],
    [Errors.LEADER_NOT_AVAILABLE, -1, [2]],
    [Errors.NONE, 1, [1]],
    [Errors.NONE, 1, []],
    [Errors.NONE, 1, [1]],
  ]);
});

test("before version 6 a missing listener is a missing leader; in version 0 missing replicas are an error", () => {
  expect(partitionsOf(setUp().ask(5, ["t"]))[1]).toMatchObject({ errorCode: Errors.LEADER_NOT_AVAILABLE });
  expect(partitionsOf(setUp().ask(1, ["t"]))[0]).toMatchObject({ errorCode: Errors.NONE, replicaNodes: [1, 2] });
  expect(partitionsOf(setUp().ask(0, ["t"]))[0]).toMatchObject({
    errorCode: Errors.REPLICA_NOT_AVAILABLE,
    replicaNodes: [1],
  });
});

test("missing topics are created once, while the client is told that they are unknown", async () => {
  const { ask, asked, answers } = setUp();
  const told = ask(12, ["new", "b@d", "t"]).topics!.map(({ name, errorCode }) => [name, errorCode]);
  expect(told).toEqual([
    ["t", undefined],
    ["new", Errors.UNKNOWN_TOPIC_OR_PARTITION],
    ["b@d", Errors.INVALID_TOPIC_EXCEPTION],
  ]);
  ask(12, ["new"]);
  expect(asked.map(({ topics }) => topics.map(({ name, numPartitions }) => [name, numPartitions]))).toEqual([
    [["new", -1]],
  ]);
  answers[0]!({ topics: [{ name: "new", errorCode: Errors.POLICY_VIOLATION }] });
  await new Promise((resolve) => setImmediate(resolve));
  ask(12, ["new"]);
  expect(asked.length).toBe(2);
});

test("nothing is created when the broker does not allow it", () => {
  const { ask, asked } = setUp(false);
  expect(ask(12, ["new"]).topics).toMatchObject([{ name: "new", errorCode: Errors.UNKNOWN_TOPIC_OR_PARTITION }]);
  expect(asked).toEqual([]);
});

test("internal topics are created with what their coordinators need", () => {
  const { ask, asked } = setUp();
  ask(12, ["__consumer_offsets", "__transaction_state"]);
  expect(asked[0]!.topics).toMatchObject([
    { name: "__consumer_offsets", numPartitions: 50, replicationFactor: 3 },
    { name: "__transaction_state", numPartitions: 50, replicationFactor: 3 },
  ]);
  expect(Object.fromEntries(asked[0]!.topics[0]!.configs.map(({ name, value }) => [name, value]))).toEqual({
    "cleanup.policy": "compact",
    "compression.type": "producer",
    "segment.bytes": "104857600",
  });
});

test("thousands of topics are looked up over several turns, all of them in one image", async () => {
  const { cache, handler, time } = setUp();
  const idOf = (index: number) => `${String(index).padStart(21, "c")}A`;
  const names = Array.from({ length: 2_500 }, (_, index) => `m-${index}`);
  const many = names.flatMap((name, index): MetadataRecordDraft[] => [
    { type: "topic", version: 0, data: { name, topicId: idOf(index) } },
    {
      type: "partition",
      version: 1,
      data: { partitionId: 0, topicId: idOf(index), replicas: [1], isr: [1], leader: 1 },
    },
  ]);
  cache.publish(new MetadataDelta(), imageOf([broker(1, "PLAINTEXT", false), ...many]));
  const context = testContext({ apiKey: 3, apiVersion: 12 });
  for (const topics of [
    null,
    names.map((name) => ({ name, topicId: "AAAAAAAAAAAAAAAAAAAAAA" })),
    names.map((_, index) => ({ name: null, topicId: idOf(index) })),
  ]) {
    const operations = { includeClusterAuthorizedOperations: false, includeTopicAuthorizedOperations: true };
    const before = cache.image;
    const answer = handler.handle({ topics, allowAutoTopicCreation: false, ...operations }, context);
    cache.publish(new MetadataDelta(), image);
    let turns = 0;
    while (await time.turn()) turns++;
    expect(turns).toBe(2);
    const told = (await answer) as Draft<ApiResponse<"metadata">>;
    expect(told.topics!.map(({ name }) => name).sort()).toEqual(names.toSorted());
    expect(told.topics!.every((topic) => topic.partitions![0]!.leaderId === 1)).toBe(true);
    cache.publish(new MetadataDelta(), before);
  }
});
