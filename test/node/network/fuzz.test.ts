import { afterAll, beforeAll, expect, test } from "vitest";
import { call } from "../../../bench/harness/admin.ts";
import { type Api, apis, type ApiName } from "../../../src/protocol/apis.ts";
import { encodeRequestFrame } from "../../../src/protocol/request-header.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { waitUntilCoordinated } from "../../support/broker/wait-until.ts";
import { SeededRandom } from "../../support/random-bytes.ts";
import { bodies, type Scene } from "../every-version/bodies.ts";
import { Bystander } from "./bystander.ts";
import { mutated } from "./mutated-frames.ts";
import { framed, RawConnection } from "./raw-connection.ts";

const frameCount = 20_000;
const seed = 20_261;
const lanes = 24;
/** Some changes make a request that waits, for records or for other members: nobody waits for those here. */
const patienceMs = 60;

/** The APIs that `bodies` leaves to the life of a group member. */
const groupBodies: Partial<
  Record<ApiName, (group: string, topic: string, topicId: string, version: number) => object>
> = {
  joinGroup: (groupId, _topic, _id, version) => ({
    groupId,
    sessionTimeoutMs: 10_000,
    ...(version >= 1 ? { rebalanceTimeoutMs: 100 } : {}),
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: Buffer.from([0, 1, 2]) }],
  }),
  syncGroup: (groupId) => ({
    groupId,
    generationId: 1,
    memberId: "m",
    assignments: [{ memberId: "m", assignment: Buffer.from([1]) }],
  }),
  heartbeat: (groupId) => ({ groupId, generationId: 1, memberId: "m" }),
  leaveGroup: (groupId, _topic, _id, version) =>
    version >= 3 ? { groupId, members: [{ memberId: "m" }] } : { groupId, memberId: "m" },
  offsetCommit: (groupId, topic, topicId, version) => ({
    groupId,
    generationIdOrMemberEpoch: -1,
    topics: [
      {
        ...(version >= 10 ? { topicId } : { name: topic }),
        partitions: [{ partitionIndex: 0, committedOffset: 3, committedMetadata: "" }],
      },
    ],
  }),
  offsetFetch: (groupId, topic, topicId, version) =>
    version >= 8
      ? {
          groups: [
            { groupId, topics: [{ ...(version >= 10 ? { topicId } : { name: topic }), partitionIndexes: [0] }] },
          ],
        }
      : { groupId, topics: [{ name: topic, partitionIndexes: [0] }] },
  offsetDelete: (groupId, topic) => ({ groupId, topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }] }),
};

let broker: TestBroker;
let requests: Buffer[];

beforeAll(async () => {
  broker = await TestBroker.start({ target: "odradek" });
  const { port } = broker;
  const created = await call(port, apis.createTopics, 7, {
    topics: [{ name: "fuzzed", numPartitions: 2, replicationFactor: 1 }],
  });
  const scene: Scene = { topic: "fuzzed", topicId: created.topics[0]?.topicId ?? "", group: "fuzzed", fresh: "fresh" };
  await call(port, apis.findCoordinator, 4, { coordinatorKeys: [scene.group] });
  await waitUntilCoordinated(port, scene.group);
  const { apiKeys } = await call(port, apis.apiVersions, 4, { clientSoftwareName: "test", clientSoftwareVersion: "1" });
  requests = apiKeys.flatMap(({ apiKey, minVersion, maxVersion }) =>
    everyVersion(apiKey, minVersion, maxVersion, scene),
  );
  expect(new Set(requests.map((request) => request.readInt16BE(0))).size).toBe(apiKeys.length);
});
afterAll(async () => broker?.remove());

function everyVersion(apiKey: number, minVersion: number, maxVersion: number, scene: Scene): Buffer[] {
  const [name, api] = (Object.entries(apis) as [ApiName, Api][]).find(([, { key }]) => key === apiKey)!;
  const requestsOfApi: Buffer[] = [];
  for (let version = Math.max(minVersion, api.request.versions.from); version <= maxVersion; version++) {
    const own = groupBodies[name];
    const body = own?.(scene.group, scene.topic, scene.topicId, version) ?? bodies[name]?.(version, scene) ?? {};
    const frame = encodeRequestFrame(api, version, { correlationId: 5, clientId: "fuzz" }, body).toBuffer();
    requestsOfApi.push(frame.subarray(4));
  }
  return requestsOfApi;
}

test(
  `${frameCount} changed requests of every API are answered or refused (seed ${seed})`,
  { timeout: 240_000 },
  async () => {
    const bystander = await Bystander.start(broker.port);
    const random = new SeededRandom(seed);
    const outcomes = { answered: 0, closed: 0, waiting: 0 };
    let sent = 0;
    const lane = async (): Promise<void> => {
      let connection = await RawConnection.open(broker.port);
      const probe = await RawConnection.open(broker.port);
      while (sent < frameCount) {
        const request = requests[sent++ % requests.length] as Buffer;
        connection.write(framed(mutated(request, requests, random)));
        let answer = await connection.next(patienceMs);
        if (answer === "late") {
          // Of a broker that has much to do this is answered no sooner.
          await probe.ask("metadata", 12, { topics: [] });
          answer = await connection.next(1);
        }
        if (answer instanceof Buffer) {
          outcomes.answered += 1;
          continue;
        }
        outcomes[answer === "late" ? "waiting" : "closed"] += 1;
        connection.close();
        connection = await RawConnection.open(broker.port);
      }
      connection.close();
      probe.close();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    await bystander.stop();

    // Each kind of outcome is one that the changes are meant to reach.
    expect(outcomes.answered).toBeGreaterThan(frameCount / 10);
    expect(outcomes.closed).toBeGreaterThan(frameCount / 10);
    expect(outcomes.waiting).toBeLessThan(frameCount / 2);
    // What is wrong with a request is never a surprise to its handler, and nothing is left unhandled.
    const surprises = broker.log
      .split("\n")
      .filter((line) => line.includes('"level":"error"') || line.includes("Error:"));
    expect(surprises.slice(0, 5)).toEqual([]);
    await broker.restart("clean");
  },
);
