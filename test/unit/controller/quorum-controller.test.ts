import { describe, expect, test } from "vitest";
import { type QuorumController } from "../../../src/controller/quorum-controller.ts";
import { nodeRandom } from "../../../src/io/node/node-random.ts";
import { configsOf } from "../../../src/metadata/image/configs-image.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { MemoryReplicatedLog } from "../../support/memory-replicated-log.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import {
  anyone,
  brokerRegistration,
  controllerFixture,
  createTopicsRequest,
  incarnations,
} from "./controller-fixture.ts";

describe("a reply", () => {
  test("waits until the change is on disk and published", async () => {
    const fixture = await controllerFixture();
    await fixture.joinBroker();
    const { controller, log, loader, time } = fixture;
    log.holdFlushes();
    let replied = false;
    const reply = controller.createTopics(createTopicsRequest([{ name: "t" }]), anyone).then((response) => {
      replied = true;
      expect(loader.image.topics.byName.has("t")).toBe(true);
      return response;
    });
    await time.settle();
    expect(replied).toBe(false);
    expect(loader.image.topics.byName.has("t")).toBe(false);
    log.releaseFlushes();
    await time.settle();
    expect((await reply).topics?.[0]?.errorCode).toBe(Errors.NONE);
  });

  test("that refuses because of a change on its way waits for it too", async () => {
    const fixture = await controllerFixture();
    await fixture.joinBroker();
    const { controller, log, time } = fixture;
    log.holdFlushes();
    const order: string[] = [];
    const create = async (label: string) => {
      const response = await controller.createTopics(createTopicsRequest([{ name: "t" }]), anyone);
      order.push(`${label} ${response.topics?.[0]?.errorCode}`);
    };
    const both = Promise.all([create("first"), create("second")]);
    await time.settle();
    expect(order).toEqual([]);
    log.releaseFlushes();
    await time.settle();
    await both;
    expect(order).toEqual([`first ${Errors.NONE}`, `second ${Errors.TOPIC_ALREADY_EXISTS}`]);
  });

  test("says NOT_CONTROLLER when the leadership is lost before the commit, and nothing of it stays", async () => {
    const fixture = await controllerFixture();
    await fixture.joinBroker();
    const { controller, log, time, loader } = fixture;
    log.holdFlushes();
    const reply = controller.createTopics(createTopicsRequest([{ name: "t" }]), anyone);
    await time.settle();
    controller.onControllerChange({ leaderId: 2, epoch: 9 });
    expect((await reply).topics?.[0]?.errorCode).toBe(Errors.NOT_CONTROLLER);
    expect(controller.isActive).toBe(false);
    const later = await controller.createTopics(createTopicsRequest([{ name: "t" }]), anyone);
    expect(later.topics?.[0]?.errorCode).toBe(Errors.NOT_CONTROLLER);
    expect(loader.image.topics.byName.has("t")).toBe(false);
  });
});

describe("activation", () => {
  test("fills an empty log with the bootstrap records, in a transaction", async () => {
    const { records, loader } = await controllerFixture();
    expect(records().map(({ type }) => type)).toEqual([
      "beginTransaction",
      ...Array.from({ length: 6 }, () => "featureLevel"),
      "config",
      "endTransaction",
    ]);
    expect(loader.image.features.metadataVersion).toBe(30);
  });

  test("adds nothing to a log that has them, and finds everything again", async () => {
    const dir = temporaryDirectory();
    const log = new MemoryReplicatedLog();
    const first = await controllerFixture({ dir, log });
    await first.joinBroker();
    await first.createTopic("t", { numPartitions: 3, configs: [{ name: "retention.ms", value: "5" }] });
    await first.raft.close();
    const before = first.records().length;
    const second = await controllerFixture({ dir, log });
    expect(second.records()).toHaveLength(before);
    expect(second.loader.image.topics.byName.get("t")?.partitions).toHaveLength(3);
    expect(second.controller.isActive).toBe(true);
  });

  test("gives up a transaction that an earlier controller left open", async () => {
    const dir = temporaryDirectory();
    const log = new MemoryReplicatedLog();
    const first = await controllerFixture({ dir, log });
    const { encodeMetadataRecord } = await import("../../../src/metadata/record-serde.ts");
    const begin = encodeMetadataRecord({ type: "beginTransaction", version: 0, data: { name: "x" } });
    const half = encodeMetadataRecord({
      type: "topic",
      version: 0,
      data: { name: "half", topicId: "9yNED-s7ThKndIHOGy2q6Q" },
    });
    first.raft.append(1, [begin, half]);
    await first.time.settle();
    await first.raft.close();
    const second = await controllerFixture({ dir, log });
    expect(second.records().at(-1)).toMatchObject({
      type: "abortTransaction",
      data: { reason: "Controller failover" },
    });
    expect(second.loader.image.topics.byName.has("half")).toBe(false);
    expect(second.loader.transactionStartOffset).toBe(-1);
  });
});

test("an idle controller writes a NoOp record at each interval, until it is closed", async () => {
  const time = new ManualTime();
  const properties = new Map([["metadata.max.idle.interval.ms", "500"]]);
  const fixture = await controllerFixture({ time, properties });
  const before = fixture.records().length;
  await time.advance(1600);
  expect(
    fixture
      .records()
      .slice(before)
      .map(({ type }) => type),
  ).toEqual(["noOp", "noOp", "noOp"]);
  fixture.controller.close();
  await time.advance(5000);
  expect(fixture.records()).toHaveLength(before + 3);
});

test("a request for more records than Kafka writes in one batch is refused as a whole", async () => {
  const fixture = await controllerFixture();
  await fixture.joinBroker();
  const { controller, answer } = fixture;
  const topics = [
    { name: "a", numPartitions: 5000 },
    { name: "b", numPartitions: 5000 },
  ];
  const response = await answer(controller.createTopics(createTopicsRequest(topics), anyone));
  expect(response.topics?.map(({ errorCode, errorMessage }) => [errorCode, errorMessage])).toEqual(
    Array.from({ length: 2 }, () => [Errors.POLICY_VIOLATION, "Unable to perform excessively large batch operation."]),
  );
  expect(fixture.loader.image.topics.byName.size).toBe(0);
});

test("the ELR of a topic is cleared when its min.insync.replicas changes", async () => {
  const fixture = await controllerFixture();
  const { controller, answer, heartbeat, loader } = fixture;
  const epoch = await fixture.joinBroker(1);
  await fixture.joinBroker(2, { incarnationId: "HDjTtKYMQJ2ozQS0KFbKVg" });
  const configs = [{ name: "min.insync.replicas", value: "2" }];
  await fixture.createTopic("t", { assignments: [{ partitionIndex: 0, brokerIds: [1, 2] }], configs });
  await heartbeat(epoch, { wantFence: true });
  const partition = () => loader.image.topics.byName.get("t")?.partitions[0];
  expect(partition()).toMatchObject({ isr: [2], elr: [1], leader: 2 });
  const alter = (resourceType: number, resourceName: string, configOperation: number) =>
    answer(
      controller.incrementalAlterConfigs({
        resources: [
          { resourceType, resourceName, configs: [{ name: "min.insync.replicas", configOperation, value: "1" }] },
        ],
        validateOnly: false,
      }),
    );
  await alter(2, "t", 0);
  expect(partition()).toMatchObject({ isr: [2], elr: [] });
  expect((await alter(4, "1", 0)).responses?.[0]).toMatchObject({
    errorCode: Errors.INVALID_CONFIG,
    errorMessage: "Broker-level min.insync.replicas cannot be altered while ELR is enabled.",
  });
  expect((await alter(4, "", 1)).responses?.[0]?.errorMessage).toBe(
    "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.",
  );
});

test.each([
  ["a comma alone adds nothing", ",", "delete", Errors.NONE],
  ["commas at the end count for nothing", "compact,,", "delete,compact", Errors.NONE],
  ["an empty item before others is none that the list may have", ",compact", "delete", Errors.INVALID_CONFIG],
])("what is appended to a list is split as Java does: %s", async (_, value, kept, errorCode) => {
  const fixture = await controllerFixture();
  await fixture.joinBroker(1);
  await fixture.createTopic("t", { configs: [{ name: "cleanup.policy", value: "delete" }] });
  const configs = [{ name: "cleanup.policy", configOperation: 2, value }];
  const resources = [{ resourceType: 2, resourceName: "t", configs }];
  const { responses } = await fixture.answer(
    fixture.controller.incrementalAlterConfigs({ resources, validateOnly: false }),
  );
  expect(responses?.[0]?.errorCode).toBe(errorCode);
  expect(configsOf(fixture.loader.image.configs, 2, "t").get("cleanup.policy")).toBe(kept);
});

describe("an operation on thousands of things", () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `t-${index}`);
  const many = createTopicsRequest(names.map((name) => ({ name })));

  /** How many times `count` was called in each turn until nothing is left to do. */
  async function countedByTurn(time: ManualTime, begin: (count: () => void) => void): Promise<number[]> {
    const counts = [0];
    begin(() => void counts[counts.length - 1]!++);
    do counts.push(0);
    while (await time.turn());
    return counts;
  }

  test("decides on a part of them in each turn, and writes what it decided as one batch", async () => {
    const { controller, log, time, joinBroker } = await controllerFixture();
    await joinBroker();
    const { endOffset } = log;
    const counts = await countedByTurn(time, (count) => {
      void controller.createTopics(many, { ...anyone, mayCreateTopic: () => (count(), true) });
    });
    expect(counts.reduce((sum, count) => sum + count)).toBe(1_000);
    expect(Math.max(...counts)).toBeLessThanOrEqual(250);
    const written = log.batches.filter(({ baseOffset }) => baseOffset >= endOffset);
    expect(written.map(({ recordCount }) => recordCount)).toEqual([2_000]);
  });

  test("writes nothing when the leadership is lost while it decides", async () => {
    const { controller, log, time, joinBroker, answer } = await controllerFixture();
    await joinBroker();
    const { endOffset } = log;
    const created = controller.createTopics(many, anyone);
    await time.turn();
    controller.onControllerChange({ leaderId: 2, epoch: 1 });
    const { topics } = await answer(created);
    expect(topics).toHaveLength(1_000);
    expect(topics?.every(({ errorCode }) => errorCode === Errors.NOT_CONTROLLER)).toBe(true);
    expect(log.endOffset).toBe(endOffset);
  });

  test.each<[string, number, (controller: QuorumController, brokerEpoch: number) => Promise<unknown>]>([
    [
      "IncrementalAlterConfigs",
      4,
      (controller) => {
        const configs = [{ name: "retention.ms", configOperation: 0, value: "9" }];
        const resources = names.map((resourceName) => ({ resourceType: 2, resourceName, configs }));
        return controller.incrementalAlterConfigs({ resources, validateOnly: true });
      },
    ],
    [
      "CreatePartitions",
      4,
      (controller) => {
        const topics = names.map((name) => ({ name, count: 2, assignments: null }));
        return controller.createPartitions({ topics, timeoutMs: 1_000, validateOnly: true }, anyone);
      },
    ],
    [
      "AlterPartitionReassignments",
      3,
      (controller) => {
        const topics = names.map((name) => ({ name, partitions: [{ partitionIndex: 0, replicas: [1] }] }));
        return controller.alterPartitionReassignments({ topics, timeoutMs: 1_000, allowReplicationFactorChange: true });
      },
    ],
    [
      "ListPartitionReassignments",
      3,
      (controller) => controller.listPartitionReassignments({ topics: null, timeoutMs: 1_000 }),
    ],
    [
      "a registration of a broker that led them",
      8,
      (controller) => controller.registerBroker(brokerRegistration(1, { incarnationId: incarnations[1] })),
    ],
    [
      "a heartbeat of a broker that leads them and stops",
      8,
      (controller, brokerEpoch) =>
        controller.brokerHeartbeat({
          brokerId: 1,
          brokerEpoch,
          currentMetadataOffset: 9_999,
          wantFence: false,
          wantShutDown: true,
          offlineLogDirs: [],
          cordonedLogDirs: null,
        }),
    ],
  ])("gives the event loop to others: %s, %i times", async (_, turnsMin, act) => {
    const { controller, raft, time, joinBroker, answer } = await controllerFixture({
      localIncarnationId: incarnations[1],
    });
    const brokerEpoch = await joinBroker();
    await answer(controller.createTopics(many, anyone));
    let turns = 0;
    const outcome = { isThere: false };
    const { endOffset } = raft;
    void act(controller, brokerEpoch).then(() => (outcome.isThere = true));
    for (; !outcome.isThere && raft.endOffset === endOffset; turns++) await time.turn();
    // Parts of 250 of what is looked at, and of 500 of the records.
    expect(turns).toBeGreaterThanOrEqual(turnsMin);
    await time.settle();
    expect(outcome.isThere).toBe(true);
  });

  test("fences a silent broker that leads them, once", async () => {
    const { controller, loader, raft, time, joinBroker, answer } = await controllerFixture();
    await joinBroker();
    await answer(controller.createTopics(many, anyone));
    const { endOffset } = raft;
    await time.advance(12_000);
    expect(loader.image.cluster.brokers.get(1)?.fenced).toBe(true);
    expect(raft.endOffset - endOffset).toBe(1_001);
  });
});

describe("an operation with many records", () => {
  const large = createTopicsRequest([{ name: "t", numPartitions: 2_000 }]);

  test("takes several turns, and who comes meanwhile sees all of it", async () => {
    const { controller, log, time, answer, joinBroker } = await controllerFixture();
    await joinBroker();
    const { endOffset } = log;
    const created = controller.createTopics(large, anyone);
    const again = controller.createTopics(createTopicsRequest([{ name: "t" }]), anyone);
    const grown = controller.createPartitions(
      { topics: [{ name: "t", count: 2_001, assignments: null }], timeoutMs: 1000, validateOnly: false },
      anyone,
    );
    await time.turn();
    expect(log.endOffset).toBe(endOffset);
    expect((await answer(created)).topics?.[0]?.errorCode).toBe(Errors.NONE);
    expect((await again).topics?.[0]?.errorCode).toBe(Errors.TOPIC_ALREADY_EXISTS);
    expect((await grown).results?.[0]?.errorCode).toBe(Errors.NONE);
    const written = log.batches.filter(({ baseOffset }) => baseOffset >= endOffset);
    expect(written.map(({ recordCount }) => recordCount)).toEqual([2_001, 1]);
  });

  test("writes nothing when the leadership is lost on the way, and the next epoch is free to write", async () => {
    const { controller, log, time, joinBroker, answer } = await controllerFixture();
    await joinBroker();
    const created = controller.createTopics(large, anyone);
    const waiting = controller.createTopics(createTopicsRequest([{ name: "u" }]), anyone);
    await time.turn();
    const { endOffset } = log;
    controller.onControllerChange({ leaderId: 2, epoch: 1 });
    expect((await answer(created)).topics?.[0]?.errorCode).toBe(Errors.NOT_CONTROLLER);
    expect((await waiting).topics?.[0]?.errorCode).toBe(Errors.NOT_CONTROLLER);
    expect(log.endOffset).toBe(endOffset);
    controller.onControllerChange({ leaderId: 1, epoch: 1 });
    const later = await answer(controller.createTopics(createTopicsRequest([{ name: "t" }]), anyone));
    expect(later.topics?.[0]?.errorCode).toBe(Errors.NONE);
  });

  test("says NOT_CONTROLLER when the leadership is lost right behind the write", async () => {
    const { controller, log, raft, joinBroker, time } = await controllerFixture();
    await joinBroker();
    log.holdFlushes();
    const append = raft.append.bind(raft);
    raft.append = (epoch, values) => {
      queueMicrotask(() => controller.onControllerChange({ leaderId: 2, epoch: 9 }));
      return append(epoch, values);
    };
    const { endOffset } = log;
    const created = await time.during(controller.createTopics(large, anyone));
    expect(log.endOffset).toBe(endOffset + 2_001);
    expect(created.topics?.[0]?.errorCode).toBe(Errors.NOT_CONTROLLER);
  });

  test("makes no more of them once the controller is closed", async () => {
    const { controller, time, joinBroker } = await controllerFixture();
    await joinBroker();
    const created = controller.createTopics(large, anyone);
    await time.turn();
    controller.close();
    expect(await time.turn()).toBe(true);
    expect(await time.turn()).toBe(false);
    expect((await created).topics?.[0]?.errorCode).toBe(Errors.NOT_CONTROLLER);
  });

  test("writes nothing of it when a record cannot be made, and the next operation goes on", async () => {
    let draws = 0;
    // The id of the second topic of the two is a byte short.
    const random = { ...nodeRandom, bytes: (size: number) => nodeRandom.bytes(++draws === 2 ? size - 1 : size) };
    const { controller, log, loader, time, joinBroker } = await controllerFixture({ random });
    await joinBroker();
    expect(draws).toBe(0);
    const { endOffset } = log;
    const topics = createTopicsRequest([{ name: "t", numPartitions: 600 }, { name: "short" }]);
    const failed = controller.createTopics(topics, anyone).catch(String);
    const next = controller.createTopics(createTopicsRequest([{ name: "u" }]), anyone);
    await time.turn();
    expect(log.endOffset).toBe(endOffset);
    expect(await time.during(failed)).toMatch(/ is no uuid$/);
    expect((await time.during(next)).topics?.[0]?.errorCode).toBe(Errors.NONE);
    expect([...loader.image.topics.byName.keys()]).toEqual(["u"]);
    // The two records of "u".
    expect(log.endOffset).toBe(endOffset + 2);
  });
});
