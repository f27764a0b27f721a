import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { controllerFixture } from "./controller-fixture.ts";

const one = "b1ftXeVOTdqTXlZ4bVqkSQ";
const two = "vT2fYtJ0QiWVqVxYc1lUpA";
const gone = "0wMPFXGbSsGLtV2TG2pQ8Q";
const unassigned = "AAAAAAAAAAAAAAAAAAAAAA";

async function cluster() {
  const fixture = await controllerFixture();
  const { controller, answer, joinBroker, loader } = fixture;
  const brokerEpoch = await joinBroker(1, { logDirs: [one, two] });
  const created = await fixture.createTopic("t", { numPartitions: 3, replicationFactor: 1 });
  const topicId = created!.topicId!;
  const assign = (
    id: string,
    partitions: number[],
    changes: { topicId?: string; epoch?: number; broker?: number } = {},
  ) =>
    answer(
      controller.assignReplicasToDirs({
        brokerId: changes.broker ?? 1,
        brokerEpoch: changes.epoch ?? brokerEpoch,
        directories: [
          {
            id,
            topics: [
              {
                topicId: changes.topicId ?? topicId,
                partitions: partitions.map((partitionIndex) => ({ partitionIndex })),
              },
            ],
          },
        ],
      }),
    );
  const partitions = () => loader.image.topics.byId.get(topicId)!.partitions;
  return { ...fixture, brokerEpoch, topicId, assign, partitions };
}

describe("a broker says in which directories its replicas are", () => {
  test("with several directories the controller leaves the choice to it, and takes its word", async () => {
    const { assign, partitions, raft, records } = await cluster();
    expect(partitions().map(({ directories }) => directories)).toEqual([[unassigned], [unassigned], [unassigned]]);
    const before = raft.endOffset;
    const reply = await assign(two, [0, 2]);
    expect(reply).toMatchObject({
      errorCode: Errors.NONE,
      directories: [{ id: two, topics: [{ partitions: [{ errorCode: 0 }, { errorCode: 0 }] }] }],
    });
    expect(partitions().map(({ directories }) => directories)).toEqual([[two], [unassigned], [two]]);
    expect(records(before).map(({ type, version }) => [type, version])).toEqual([
      ["partitionChange", 2],
      ["partitionChange", 2],
    ]);
    expect(partitions()[0]).toMatchObject({ leader: 1, leaderEpoch: 0, partitionEpoch: 1 });
  });

  test("the same again changes nothing", async () => {
    const { assign, raft } = await cluster();
    await assign(one, [1]);
    const before = raft.endOffset;
    expect((await assign(one, [1])).errorCode).toBe(Errors.NONE);
    expect(raft.endOffset).toBe(before);
  });

  test("each partition fails by itself", async () => {
    const { assign, topicId } = await cluster();
    const codeOf = async (...args: Parameters<typeof assign>) =>
      (await assign(...args)).directories![0]!.topics![0]!.partitions!.map(({ errorCode }) => errorCode);
    expect(await codeOf(one, [0, 9])).toEqual([Errors.NONE, Errors.UNKNOWN_TOPIC_OR_PARTITION]);
    expect(await codeOf(one, [0], { topicId: gone })).toEqual([Errors.UNKNOWN_TOPIC_ID]);
    expect(topicId).not.toBe(gone);
  });

  test("a replica of another broker is not its to place", async () => {
    const { assign, joinBroker } = await cluster();
    const epoch = await joinBroker(2, { logDirs: [gone] });
    const reply = await assign(gone, [0], { broker: 2, epoch });
    expect(reply.directories![0]!.topics![0]!.partitions![0]!.errorCode).toBe(Errors.NOT_LEADER_OR_FOLLOWER);
  });

  test("an earlier life of the broker, or one that is not known, is refused", async () => {
    const { assign, brokerEpoch } = await cluster();
    expect((await assign(one, [0], { epoch: brokerEpoch - 1 })).errorCode).toBe(Errors.STALE_BROKER_EPOCH);
    expect((await assign(one, [0], { broker: 5 })).errorCode).toBe(Errors.STALE_BROKER_EPOCH);
  });

  test("a replica in a directory that the registration does not have loses its leader, and gets it back elsewhere", async () => {
    const { assign, partitions } = await cluster();
    await assign(gone, [0]);
    expect(partitions()[0]).toMatchObject({ directories: [gone], leader: -1 });
    expect(partitions()[1]).toMatchObject({ leader: 1 });
  });

  test("a directory that fails takes the leaderships of what was assigned to it", async () => {
    const { assign, partitions, controller, answer, brokerEpoch, raft } = await cluster();
    await assign(one, [0]);
    await assign(two, [1]);
    const heartbeat = { brokerId: 1, brokerEpoch, currentMetadataOffset: raft.endOffset, wantFence: false };
    const more = { wantShutDown: false, offlineLogDirs: [two], cordonedLogDirs: [] };
    await answer(controller.brokerHeartbeat({ ...heartbeat, ...more }));
    expect(partitions().map(({ leader }) => leader)).toEqual([1, -1, 1]);
  });
});
