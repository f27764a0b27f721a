import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { brokerRegistration, controllerFixture, directoryId, incarnations } from "./controller-fixture.ts";

const [first, second, third] = incarnations;

describe("registration", () => {
  test("gives each life of a broker the offset of its record as epoch", async () => {
    const { joinBroker, raft, records } = await controllerFixture();
    const nextOffset = raft.endOffset;
    const epoch = await joinBroker();
    expect(epoch).toBe(nextOffset);
    expect(records(nextOffset).map(({ type, version }) => [type, version])).toEqual([
      ["registerBroker", 4],
      ["brokerRegistrationChange", 0],
    ]);
  });

  test.each<[keyof typeof Errors, Parameters<typeof brokerRegistration>[1]]>([
    ["INCONSISTENT_CLUSTER_ID", { clusterId: "other" }],
    ["INVALID_REGISTRATION", { logDirs: [] }],
    ["INVALID_REGISTRATION", { logDirs: [directoryId, directoryId] }],
    ["INVALID_REGISTRATION", { logDirs: ["AAAAAAAAAAAAAAAAAAAAAQ"] }],
    ["INVALID_REGISTRATION", { features: [] }],
    [
      "UNSUPPORTED_VERSION",
      { features: [{ name: "metadata.version", minSupportedVersion: 1, maxSupportedVersion: 29 }] },
    ],
    [
      "UNSUPPORTED_VERSION",
      { features: [{ name: "metadata.version", minSupportedVersion: 1, maxSupportedVersion: 30 }] },
    ],
    ["BROKER_ID_NOT_REGISTERED", { isMigratingZkBroker: true }],
  ])("is refused with %s: %j", async (error, fields) => {
    const { controller, answer, raft } = await controllerFixture();
    const before = raft.endOffset;
    const response = await answer(controller.registerBroker(brokerRegistration(1, fields)));
    expect(response.errorCode).toBe(Errors[error]);
    expect(raft.endOffset).toBe(before);
  });

  test("a directory belongs to one broker", async () => {
    const { controller, answer, joinBroker } = await controllerFixture();
    await joinBroker(1);
    const response = await answer(controller.registerBroker(brokerRegistration(2, { logDirs: [directoryId] })));
    expect(response.errorCode).toBe(Errors.INVALID_REGISTRATION);
  });

  test("another process with the same id waits until the session of the first is over", async () => {
    const { controller, answer, joinBroker, time } = await controllerFixture();
    await joinBroker(2, { incarnationId: first });
    const again = () => answer(controller.registerBroker(brokerRegistration(2, { incarnationId: second })));
    expect((await again()).errorCode).toBe(Errors.DUPLICATE_BROKER_REGISTRATION);
    await time.advance(12_000);
    expect((await again()).errorCode).toBe(Errors.NONE);
  });

  test("the broker of this process need not wait: the log directories were its predecessor's", async () => {
    const fixture = await controllerFixture({ localIncarnationId: second });
    await fixture.joinBroker(1, { incarnationId: first });
    const response = await fixture.answer(
      fixture.controller.registerBroker(brokerRegistration(1, { incarnationId: second })),
    );
    expect(response.errorCode).toBe(Errors.NONE);
  });

  test("the same incarnation keeps its epoch and its state", async () => {
    const { controller, answer, joinBroker, loader } = await controllerFixture();
    const epoch = await joinBroker();
    const again = await answer(controller.registerBroker(brokerRegistration(1, { rack: "r" })));
    expect(again.brokerEpoch).toBe(epoch);
    expect(loader.image.cluster.brokers.get(1)).toMatchObject({ rack: "r", fenced: false, epoch });
  });
});

describe("a restart", () => {
  const partitionOf = (fixture: Awaited<ReturnType<typeof controllerFixture>>) =>
    fixture.loader.image.topics.byName.get("t")?.partitions[0];

  test("after a clean stop the eligible replica leads again", async () => {
    const fixture = await controllerFixture();
    const epoch = await fixture.joinBroker(1, { incarnationId: first });
    await fixture.createTopic("t");
    await fixture.heartbeat(epoch, { wantShutDown: true });
    expect(partitionOf(fixture)).toMatchObject({ leader: -1, isr: [], elr: [1], lastKnownElr: [1] });
    expect(await fixture.heartbeat(epoch, { wantShutDown: true })).toMatchObject({ shouldShutDown: true });
    await fixture.joinBroker(1, { incarnationId: second, previousBrokerEpoch: epoch });
    expect(partitionOf(fixture)).toMatchObject({
      leader: 1,
      isr: [1],
      elr: [],
      lastKnownElr: [],
      leaderRecoveryState: 0,
    });
  });

  test("after a crash the last leader leads again, but has to recover", async () => {
    const fixture = await controllerFixture({ localIncarnationId: second });
    await fixture.joinBroker(1, { incarnationId: first });
    await fixture.createTopic("t");
    await fixture.joinBroker(1, { incarnationId: second });
    expect(partitionOf(fixture)).toMatchObject({
      leader: 1,
      isr: [1],
      elr: [],
      lastKnownElr: [],
      leaderRecoveryState: 1,
    });
  });
});

describe("heartbeats", () => {
  test("a broker is let in once it has seen its own registration", async () => {
    const { controller, answer, heartbeat, loader } = await controllerFixture();
    const { brokerEpoch = -1 } = await answer(controller.registerBroker(brokerRegistration()));
    expect(await heartbeat(brokerEpoch, { currentMetadataOffset: brokerEpoch - 1 })).toMatchObject({
      isCaughtUp: false,
      isFenced: true,
    });
    expect(await heartbeat(brokerEpoch, { currentMetadataOffset: brokerEpoch, wantFence: true })).toMatchObject({
      isCaughtUp: true,
      isFenced: true,
    });
    expect(await heartbeat(brokerEpoch, { currentMetadataOffset: brokerEpoch })).toMatchObject({ isFenced: false });
    expect(loader.image.cluster.brokers.get(1)?.fenced).toBe(false);
  });

  test("of an earlier life, or of a stranger, are refused", async () => {
    const { heartbeat, joinBroker } = await controllerFixture();
    const epoch = await joinBroker();
    expect((await heartbeat(epoch - 1)).errorCode).toBe(Errors.STALE_BROKER_EPOCH);
    expect((await heartbeat(epoch, { brokerId: 7 })).errorCode).toBe(Errors.STALE_BROKER_EPOCH);
  });

  test("a broker that falls silent is fenced, and another in the ISR leads", async () => {
    const fixture = await controllerFixture();
    const { time, heartbeat, loader, answer, controller } = fixture;
    await fixture.joinBroker(1, { incarnationId: first });
    const epoch = await fixture.joinBroker(2, { incarnationId: third });
    const assignments = [{ partitionIndex: 0, brokerIds: [1, 2] }];
    await fixture.createTopic("t", { assignments });
    for (let i = 0; i < 6; i++) {
      await time.advance(2000);
      await heartbeat(epoch, { brokerId: 2 });
    }
    expect(loader.image.cluster.brokers.get(1)?.fenced).toBe(true);
    expect(loader.image.cluster.brokers.get(2)?.fenced).toBe(false);
    expect(loader.image.topics.byName.get("t")?.partitions[0]).toMatchObject({ leader: 2, isr: [2], elr: [] });
    const answered = await answer(controller.allocateProducerIds(1, -5));
    expect(answered.errorCode).toBe(Errors.STALE_BROKER_EPOCH);
  });

  test("a failed log directory takes the leaderships in it away", async () => {
    const fixture = await controllerFixture();
    const other = "9yNED-s7ThKndIHOGy2q6Q";
    const epoch = await fixture.joinBroker(1, { logDirs: [directoryId, other] });
    await fixture.createTopic("t");
    expect(fixture.loader.image.topics.byName.get("t")?.partitions[0]?.directories).toEqual(["AAAAAAAAAAAAAAAAAAAAAA"]);
    await fixture.heartbeat(epoch, { offlineLogDirs: [other], cordonedLogDirs: [directoryId] });
    expect(fixture.loader.image.cluster.brokers.get(1)).toMatchObject({
      directories: [directoryId],
      cordonedDirectories: [directoryId],
    });
    const refused = await fixture.createTopic("u");
    expect(refused?.errorCode).toBe(Errors.INVALID_REPLICATION_FACTOR);
  });
});

test("blocks of producer ids follow each other and are never given twice", async () => {
  const { controller, answer, joinBroker, loader } = await controllerFixture();
  const epoch = await joinBroker();
  const blocks = await answer(
    Promise.all([controller.allocateProducerIds(1, epoch), controller.allocateProducerIds(1, epoch)]),
  );
  expect(blocks.map(({ firstProducerId, count }) => [firstProducerId, count])).toEqual([
    [0, 1000],
    [1000, 1000],
  ]);
  expect(loader.image.producerIds.nextProducerId).toBe(2000);
});
