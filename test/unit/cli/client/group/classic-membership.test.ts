import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../../../../../src/cli/client/cluster.ts";
import { Consumer } from "../../../../../src/cli/client/consumer/consumer.ts";
import { membershipOf } from "../../../../../src/cli/client/group/group-protocol.ts";
import { encodeAssignment } from "../../../../../src/cli/client/group/subscription-data.ts";
import { nodeClientPorts } from "../../../../../src/cli/client/node-client-ports.ts";
import { ClientProperties } from "../../../../../src/cli/command/properties.ts";
import { nodeCompute } from "../../../../../src/io/node/node-compute.ts";
import { leaderEpochAt } from "../../../../../src/protocol/records/batch-header.ts";
import { buildBatch } from "../../../../../src/protocol/records/batch-builder.ts";
import { type ApiRequest } from "../../../../../src/protocol/apis.ts";
import { Errors } from "../../../../../src/protocol/errors.ts";
import { AnsweringBroker, type Answers, topicIdOf } from "../../../../support/answering-broker.ts";
import { waitUntil } from "../../../../support/broker/wait-until.ts";
import { RecordingTerminal } from "../../../../support/recording-terminal.ts";

interface Life {
  readonly joins: ApiRequest<"joinGroup">[];
  readonly coordinatorLookUps: { count: number };
  readonly consumer: Consumer;
  readonly terminal: RecordingTerminal;
}

/** One member, whose every join makes the next generation. */
async function live(answers: Answers, autoCommitIntervalMs?: number, pollIntervalMs = 60_000): Promise<Life> {
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
  const terminal = new RecordingTerminal();
  const cluster = await Cluster.create(nodeClientPorts, {
    bootstrapServers: broker.bootstrap,
    clientId: "c",
    logPrefix: "[c]",
    isAdmin: false,
    requestTimeoutMs: 30_000,
    retryBackoffMs: 5,
    log: terminal.log,
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
    polls: { intervalMs: pollIntervalMs, recordsMax: 500 },
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
  return { joins, coordinatorLookUps, consumer, terminal };
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

/** What stands in the partition, from offset 7 on, where the group is. */
function batchOf(leaderEpoch: number, baseOffset: number): Buffer {
  const batch = buildBatch({ baseOffset, records: [{ key: null, value: Buffer.from("x"), timestamp: 1 }] });
  batch.writeInt32BE(leaderEpoch, leaderEpochAt);
  return batch;
}

function fetchOf(batches: readonly Buffer[]): NonNullable<Answers["fetch"]> {
  return ({ topics }) => {
    const at = topics[0]!.partitions[0]!.fetchOffset - 7;
    return {
      responses: [
        { topicId: topics[0]!.topicId, partitions: [{ partitionIndex: 0, records: Buffer.concat(batches.slice(at)) }] },
      ],
    };
  };
}

test("a position is committed with the leader epoch of the batch that was read last", async () => {
  const commits: { committedOffset: number; committedLeaderEpoch: number }[] = [];
  const { consumer } = await live(
    {
      fetch: fetchOf([batchOf(3, 7), batchOf(5, 8)]),
      offsetFetch: () => ({
        groups: [
          {
            groupId: "g",
            topics: [{ name: "t", topicId: topicIdOf, partitions: [{ committedOffset: 7, committedLeaderEpoch: 2 }] }],
          },
        ],
      }),
      offsetCommit: ({ topics }) => {
        const { committedOffset, committedLeaderEpoch } = topics[0]!.partitions[0]!;
        const last = commits.at(-1);
        if (last?.committedOffset !== committedOffset) commits.push({ committedOffset, committedLeaderEpoch });
        return committed(Errors.NONE);
      },
    },
    5,
  );
  await waitUntil("a commit of where the group was", async () => (commits.length === 1 ? undefined : "none"));
  for (let read = 1; read <= 2; read++) {
    await consumer.fill(5_000);
    consumer.next();
    await waitUntil("the next commit", async () => (commits.length > read ? undefined : `${commits.length}`));
  }
  expect(commits).toEqual([
    { committedOffset: 7, committedLeaderEpoch: 2 },
    { committedOffset: 8, committedLeaderEpoch: 3 },
    { committedOffset: 9, committedLeaderEpoch: 5 },
  ]);
});

test("who takes no records for too long leaves, commits nothing more, and joins anew when it takes some again", async () => {
  const leaves: string[] = [];
  const revoked: string[] = [];
  const { consumer, joins, terminal } = await live(
    {
      fetch: fetchOf([batchOf(3, 7), batchOf(5, 8)]),
      leaveGroup: ({ members }) => {
        leaves.push(`${members[0]!.memberId}: ${members[0]!.reason}`);
        return {};
      },
      offsetCommit: () => committed(Errors.NONE),
    },
    undefined,
    300,
  );
  consumer.onRevoked = (partitions) =>
    revoked.push(partitions.map(({ topic, partition }) => `${topic}-${partition}`).join());
  await consumer.fill(5_000);
  await waitUntil("the member to leave", async () => (leaves.length === 1 ? undefined : "it is there"));
  expect(leaves).toEqual(["m1: consumer poll timeout has expired."]);
  expect(terminal.complained).toContain(
    "[c] consumer poll timeout has expired. This means the time between subsequent calls",
  );
  // Its records are others' now, and it does not come back by itself.
  expect(consumer.next()).toBeUndefined();
  const commit = consumer.commit([{ topic: "t", partition: 0, offset: 9 }]);
  await expect(commit).rejects.toThrow("the consumer is not part of an active group");
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(joins).toHaveLength(2);
  expect(revoked).toEqual([]);

  await consumer.fill(5_000);
  expect(consumer.next()?.offset).toBe(7);
  expect(revoked).toEqual(["t-0"]);
  expect(joins.slice(2).map(({ memberId }) => memberId)).toEqual(["", "m3"]);
});

test("who waits for records is not late", async () => {
  const { consumer, joins } = await live({ fetch: () => ({ responses: [] }) }, undefined, 300);
  await consumer.fill(800);
  expect(joins).toHaveLength(2);
});

test("who was late while it joined anew, and polls before it has joined, stays", async () => {
  let isLoading = false;
  let generation = 0;
  let leaves = 0;
  const { consumer, terminal } = await live(
    {
      joinGroup: ({ memberId }) => {
        if (isLoading) return { errorCode: Errors.COORDINATOR_LOAD_IN_PROGRESS };
        if (memberId === "") return { errorCode: Errors.MEMBER_ID_REQUIRED, memberId: "m" };
        const chosen = { protocolType: "consumer", protocolName: "range", leader: "another" };
        return { ...chosen, generationId: ++generation, memberId };
      },
      heartbeat: () => ({ errorCode: isLoading ? Errors.REBALANCE_IN_PROGRESS : Errors.NONE }),
      leaveGroup: () => {
        leaves++;
        return {};
      },
    },
    undefined,
    600,
  );
  isLoading = true;
  await new Promise((resolve) => setTimeout(resolve, 700));
  isLoading = false;
  await waitUntil("another generation", async () => {
    await consumer.fill(50);
    return generation > 1 ? undefined : `${generation}`;
  });
  expect({ generation, leaves }).toEqual({ generation: 2, leaves: 0 });
  expect(terminal.complained).not.toContain("poll timeout has expired");
});
