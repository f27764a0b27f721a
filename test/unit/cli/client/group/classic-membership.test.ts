import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../../../../../src/cli/client/cluster.ts";
import { Consumer } from "../../../../../src/cli/client/consumer/consumer.ts";
import { membershipOf } from "../../../../../src/cli/client/group/group-protocol.ts";
import { encodeAssignment } from "../../../../../src/cli/client/group/subscription-data.ts";
import { nodeClientPorts } from "../../../../../src/cli/client/node-client-ports.ts";
import { ClientProperties } from "../../../../../src/cli/command/properties.ts";
import { nodeCompute } from "../../../../../src/io/node/node-compute.ts";
import { type ApiRequest } from "../../../../../src/protocol/apis.ts";
import { Errors } from "../../../../../src/protocol/errors.ts";
import { AnsweringBroker, type Answers, topicIdOf } from "../../../../support/answering-broker.ts";
import { waitUntil } from "../../../../support/broker/wait-until.ts";
import { RecordingTerminal } from "../../../../support/recording-terminal.ts";

interface Life {
  readonly joins: ApiRequest<"joinGroup">[];
  readonly coordinatorLookUps: { count: number };
  readonly consumer: Consumer;
}

/** One member, whose every join makes the next generation. */
async function live(answers: Answers, autoCommitIntervalMs?: number): Promise<Life> {
  const joins: ApiRequest<"joinGroup">[] = [];
  const coordinatorLookUps = { count: 0 };
  const broker: AnsweringBroker = await AnsweringBroker.start({
    findCoordinator: () => {
      coordinatorLookUps.count++;
      return { coordinators: [{ key: "g", nodeId: 1, host: "127.0.0.1", port: broker.port }] };
    },
    joinGroup: (join) => {
      joins.push(join);
      if (join.memberId === "") return { errorCode: Errors.MEMBER_ID_REQUIRED, memberId: `m${joins.length}` };
      return {
        generationId: joins.length,
        protocolType: "consumer",
        protocolName: "range",
        leader: "another",
        memberId: join.memberId,
      };
    },
    syncGroup: () => ({ assignment: encodeAssignment([{ topic: "t", partition: 0 }]) }),
    heartbeat: () => ({}),
    leaveGroup: () => ({}),
    offsetFetch: () => ({
      groups: [{ groupId: "g", topics: [{ name: "t", topicId: topicIdOf, partitions: [{ committedOffset: 7 }] }] }],
    }),
    fetch: () => ({ responses: [] }),
    ...answers,
  });
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: broker.bootstrap,
    clientId: "c",
    logPrefix: "[c]",
    isAdmin: false,
    requestTimeoutMs: 2_000,
    retryBackoffMs: 5,
    log: new RecordingTerminal().log,
  });
  const properties = new ClientProperties(
    new Map([
      ["group.id", "g"],
      ["heartbeat.interval.ms", "5"],
    ]),
  );
  const settings = {
    offsetReset: "earliest",
    readCommitted: false,
    fetchWaitMs: 5,
    fetchBytesMin: 1,
    fetchBytesMax: 1_000,
    partitionBytesMax: 1_000,
    autoCommitIntervalMs,
  } as const;
  const consumer = new Consumer(cluster, async () => nodeCompute, settings, membershipOf(properties, cluster, "t"));
  onTestFinished(async () => {
    await consumer.close();
    cluster.close();
    await broker.stop();
  });
  const assigned = new Promise<void>((resolve) => {
    consumer.onAssigned = () => resolve();
  });
  await consumer.fill(0);
  await assigned;
  await consumer.positioned();
  return { joins, coordinatorLookUps, consumer };
}

const committed = (errorCode: number) => ({
  topics: [{ name: "t", partitions: [{ partitionIndex: 0, errorCode }] }],
});

test.for([
  [Errors.ILLEGAL_GENERATION, "as the same member", "m1"],
  [Errors.UNKNOWN_MEMBER_ID, "as a new member", ""],
] as const)("after the error %i a member joins again %s", async ([errorCode, , memberId]) => {
  const errors: number[] = [errorCode];
  const { joins } = await live({ heartbeat: () => ({ errorCode: errors.pop() ?? Errors.NONE }) });
  await waitUntil("another join", async () => (joins.length >= 3 ? undefined : `${joins.length}`));
  expect(joins[2]!.memberId).toBe(memberId);
});

test("a commit waits for a coordinator that is not ready", async () => {
  const errors: number[] = [Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR];
  const commits: number[] = [];
  const { consumer } = await live({
    offsetCommit: ({ generationIdOrMemberEpoch: generation }) => {
      commits.push(generation);
      return committed(errors.shift() ?? Errors.NONE);
    },
  });
  await consumer.commit([{ topic: "t", partition: 0, offset: 9 }]);
  expect(commits).toEqual([2, 2, 2]);
});

test("a commit that is refused to who is no member tells of it, and the member joins anew at once", async () => {
  const errors: number[] = [Errors.UNKNOWN_MEMBER_ID];
  const { consumer, joins } = await live({ offsetCommit: () => committed(errors.pop() ?? Errors.NONE) });
  const commit = consumer.commit([{ topic: "t", partition: 0, offset: 9 }]);
  await expect(commit).rejects.toThrow("Commit cannot be completed since the group has already rebalanced");
  await waitUntil("another join", async () => (joins.length >= 3 ? undefined : `${joins.length}`));
  expect(joins[2]!.memberId).toBe("");
});

test("an automatic commit is not tried again while the next ones follow it: it could take their place", async () => {
  const intervalMs = 20;
  let commits = 0;
  const { consumer } = await live(
    {
      offsetCommit: () => {
        commits++;
        return committed(commits < 12 ? Errors.COORDINATOR_LOAD_IN_PROGRESS : Errors.NONE);
      },
    },
    intervalMs,
  );
  const beganMs = performance.now();
  await waitUntil("the coordinator to be ready", async () => (commits >= 12 ? undefined : `${commits}`));
  expect(performance.now() - beganMs).toBeGreaterThan(9 * intervalMs);
  await consumer.close();
});

test("heartbeats and commits that miss the coordinator at the same time look for it once", async () => {
  const life: Life = await live({
    offsetCommit: () => committed(life.coordinatorLookUps.count === 1 ? Errors.NOT_COORDINATOR : Errors.NONE),
  });
  await Promise.all([1, 2, 3, 4, 5].map((offset) => life.consumer.commit([{ topic: "t", partition: 0, offset }])));
  expect(life.coordinatorLookUps.count).toBe(2);
});
