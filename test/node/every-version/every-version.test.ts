import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../../bench/harness/admin.ts";
import { type Broker, startBroker } from "../../../src/index.ts";
import { type Api, type ApiName, apis } from "../../../src/protocol/apis.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { waitUntilCoordinated } from "../../support/broker/wait-until.ts";
import { bodies, type Scene } from "./bodies.ts";
import { liveAsMember } from "./group-life.ts";
import { liveAsTransaction } from "./transaction-life.ts";

/** The requests that only make sense one after the other; `group-life.ts` sends each of their versions. */
const groupApis: readonly ApiName[] = [
  "joinGroup",
  "syncGroup",
  "heartbeat",
  "offsetCommit",
  "offsetFetch",
  "offsetDelete",
  "leaveGroup",
];
/** Those of `transaction-life.ts`. */
const transactionApis: readonly ApiName[] = [
  "addPartitionsToTxn",
  "addOffsetsToTxn",
  "txnOffsetCommit",
  "describeTransactions",
  "endTxn",
  "writeTxnMarkers",
];
/** Codes that a correct answer may hold although nothing is wrong with the broker. */
const harmless = new Set<number>([Errors.NONE, Errors.ELECTION_NOT_NEEDED, Errors.GROUP_ID_NOT_FOUND]);

/**
 * Clients of any age choose any version that the broker names. An answer that the version cannot carry would show only
 * with such a client: so every version of every API is asked once.
 */
describe("every version that the broker names", () => {
  let broker: Broker;
  let scene: Scene;
  let served: ReadonlyMap<number, { minVersion: number; maxVersion: number }>;

  beforeAll(async () => {
    broker = await startBroker();
    const topic = "everything";
    const created = await call(broker.port, apis.createTopics, 7, {
      topics: [{ name: topic, numPartitions: 2, replicationFactor: 1 }],
    });
    scene = { topic, topicId: created.topics[0]?.topicId ?? "", group: "everyone", fresh: "" };
    const { apiKeys } = await call(broker.port, apis.apiVersions, 4, {
      clientSoftwareName: "test",
      clientSoftwareVersion: "1",
    });
    // The first one to ask for a coordinator makes the broker create the topic of the offsets.
    await call(broker.port, apis.findCoordinator, 4, { coordinatorKeys: [scene.group] });
    await waitUntilCoordinated(broker.port, scene.group);
    served = new Map(apiKeys.map(({ apiKey, ...range }) => [apiKey, range]));
  });
  afterAll(async () => broker?.close());

  const tested = Object.keys(bodies) as ApiName[];

  test("belongs to an API that is tested here", () => {
    const named = (Object.keys(apis) as ApiName[]).filter((name) => served.has(apis[name].key));
    expect(named.filter((name) => ![...tested, ...groupApis, ...transactionApis].includes(name))).toEqual([]);
  });

  test.each(tested)("%s", async (name) => {
    const range = served.get(apis[name].key);
    if (range === undefined) return;
    const api = apis[name] as Api;
    // Produce names versions that nobody serves, which old clients of librdkafka want to see.
    for (let version = Math.max(range.minVersion, api.request.versions.from); version <= range.maxVersion; version++) {
      const body = bodies[name]?.(version, { ...scene, fresh: `${name}-${version}` }) ?? {};
      const answer = await call(broker.port, api, version, body).catch((error: Error) => error.message);
      expect({ version, problems: problemsIn(answer) }).toEqual({ version, problems: [] });
    }
  });

  test("the life of a group member, in each version of its requests", async () => {
    const versionsMax = Math.max(...groupApis.map((name) => served.get(apis[name].key)?.maxVersion ?? 0));
    for (let step = 0; step <= versionsMax; step++) {
      const problems = await liveAsMember(broker.port, served, scene, step);
      expect({ step, problems }).toEqual({ step, problems: [] });
    }
  });

  test("the life of a transaction, in each version of its requests", async () => {
    await call(broker.port, apis.findCoordinator, 4, { keyType: 1, coordinatorKeys: ["everything"] });
    const versionsMax = Math.max(...transactionApis.map((name) => served.get(apis[name].key)?.maxVersion ?? 0));
    for (let step = 0; step <= versionsMax; step++) {
      const problems = await liveAsTransaction(broker.port, served, scene, step);
      expect({ step, problems }).toEqual({ step, problems: [] });
    }
  });
});

/** What tells of a failure in an answer; a text stands for an answer that did not come. */
function problemsIn(answer: unknown): unknown[] {
  return typeof answer === "string" ? [answer] : errorCodesIn(answer);
}

/** Every error code of a failure, wherever it stands. */
function errorCodesIn(answer: unknown): unknown[] {
  if (typeof answer !== "object" || answer === null || Buffer.isBuffer(answer)) return [];
  return Object.entries(answer).flatMap(([name, value]) =>
    name === "errorCode" ? (harmless.has(value as number) ? [] : [value]) : errorCodesIn(value),
  );
}
