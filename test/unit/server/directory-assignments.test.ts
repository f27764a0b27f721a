import { describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { DirectoryAssignments } from "../../../src/server/directory-assignments.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";

type Request = ApiRequest<"assignReplicasToDirs">;
const [one, two] = ["b1ftXeVOTdqTXlZ4bVqkSQ", "vT2fYtJ0QiWVqVxYc1lUpA"];
const topicId = "0wMPFXGbSsGLtV2TG2pQ8Q";

/** A controller that answers as the test says, for a topic of `count` partitions. */
function open(count = 3) {
  const time = new ManualTime();
  const requests: Request[] = [];
  const broker = { epoch: 7 };
  const draws = { float: 0.5 };
  const controller: { errorCode: number; refused: Set<number> } = { errorCode: Errors.NONE, refused: new Set() };
  const partitions = Array.from({ length: count }, () => ({ replicas: [1] }));
  const assignments = new DirectoryAssignments({
    nodeId: 1,
    controller: {
      assignReplicasToDirs: async (request) => {
        requests.push(request);
        const { errorCode, refused } = controller;
        if (errorCode !== Errors.NONE) return { errorCode };
        const codeOf = (index: number) => (refused.has(index) ? Errors.NOT_CONTROLLER : Errors.NONE);
        return {
          errorCode,
          directories: request.directories.map(({ id, topics }) => ({
            id,
            topics: topics.map((topic) => ({
              topicId: topic.topicId,
              partitions: topic.partitions.map(({ partitionIndex }) => ({
                partitionIndex,
                errorCode: codeOf(partitionIndex),
              })),
            })),
          })),
        };
      },
    },
    brokerEpoch: () => broker.epoch,
    image: () => ({ topics: { byId: new Map([[topicId, { partitions }]]) } }) as never,
    timers: time,
    random: { float: () => draws.float, bytes: (length) => Buffer.alloc(length) },
    logger: silentLogger,
  });
  const accepted: string[] = [];
  const assign = (index: number, directory: string) =>
    assignments.assign(topicId, index, directory, () => accepted.push(`${index} ${directory}`));
  const sent = () =>
    requests.map(({ directories }) =>
      directories.flatMap(({ id, topics }) =>
        topics.flatMap(({ partitions: inIt }) => inIt.map(({ partitionIndex }) => `${partitionIndex} ${id}`)),
      ),
    );
  return { time, assignments, assign, accepted, sent, requests, broker, controller, partitions, draws };
}

describe("directory assignments", () => {
  test("of one turn go in one request, and tell when they are taken", async () => {
    const { time, assign, sent, accepted, requests } = open();
    assign(0, one);
    assign(1, two);
    assign(2, one);
    await time.settle();
    expect(sent()).toEqual([[`0 ${one}`, `2 ${one}`, `1 ${two}`]]);
    expect(requests[0]).toMatchObject({ brokerId: 1, brokerEpoch: 7 });
    expect(accepted.sort()).toEqual([`0 ${one}`, `1 ${two}`, `2 ${one}`]);
  });

  test("the newest word on a partition counts, also when it comes while the former is on its way", async () => {
    const { time, assign, sent, accepted } = open();
    assign(0, one);
    assign(0, two);
    await time.settle();
    expect(sent()).toEqual([[`0 ${two}`]]);
    expect(accepted).toEqual([`0 ${two}`]);
  });

  test("wait for the broker's registration", async () => {
    const { time, assign, sent, broker } = open();
    broker.epoch = -1;
    assign(0, one);
    await time.advance(1_000);
    expect(sent()).toEqual([]);
    broker.epoch = 9;
    await time.advance(200);
    expect(sent()).toEqual([[`0 ${one}`]]);
  });

  test("are tried again when the controller refuses them, each time later", async () => {
    const { time, assign, sent, accepted, controller } = open();
    controller.errorCode = Errors.NOT_CONTROLLER;
    assign(0, one);
    await time.advance(1_000);
    // At 0, 200 and 600 ms.
    expect(sent()).toHaveLength(3);
    controller.errorCode = Errors.NONE;
    controller.refused.add(0);
    assign(1, one);
    await time.advance(1_000);
    expect(accepted).toEqual([`1 ${one}`]);
    controller.refused.clear();
    await time.advance(20_000);
    expect(accepted).toEqual([`1 ${one}`, `0 ${one}`]);
    const count = sent().length;
    await time.advance(60_000);
    expect(sent()).toHaveLength(count);
  });

  test("are not tried again by all brokers at the same time", async () => {
    const { time, assign, sent, controller, draws } = open();
    controller.errorCode = Errors.NOT_CONTROLLER;
    draws.float = 0;
    assign(0, one);
    await time.advance(195);
    expect(sent()).toHaveLength(1);
    draws.float = 1;
    await time.advance(1);
    expect(sent()).toHaveLength(2);
    // 400 ms and 2 in a hundred more.
    await time.advance(407);
    expect(sent()).toHaveLength(2);
    await time.advance(1);
    expect(sent()).toHaveLength(3);
  });

  test("of what is deleted meanwhile, or moved to another broker, are forgotten", async () => {
    const { time, assign, assignments, sent, partitions } = open(2);
    partitions[0]!.replicas = [2];
    assign(0, one);
    assign(5, one);
    await time.settle();
    expect([sent(), assignments.pendingCount]).toEqual([[], 0]);
  });

  test("are at most 2,250 a request", async () => {
    const { time, assign, sent } = open(3_000);
    for (let index = 0; index < 3_000; index++) assign(index, one);
    await time.settle();
    expect(sent().map(({ length }) => length)).toEqual([2_250, 750]);
  });
});
