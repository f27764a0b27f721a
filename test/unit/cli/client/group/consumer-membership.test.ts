import { expect, onTestFinished, test } from "vitest";
import { Cluster } from "../../../../../src/cli/client/cluster.ts";
import { Consumer } from "../../../../../src/cli/client/consumer/consumer.ts";
import { membershipOf } from "../../../../../src/cli/client/group/group-protocol.ts";
import { type WantedTopics } from "../../../../../src/cli/client/group/topic-subscription.ts";
import { nodeClientPorts } from "../../../../../src/cli/client/node-client-ports.ts";
import { ClientProperties } from "../../../../../src/cli/command/properties.ts";
import { nodeCompute } from "../../../../../src/io/node/node-compute.ts";
import { type ApiRequest, type ApiResponse } from "../../../../../src/protocol/apis.ts";
import { Errors } from "../../../../../src/protocol/errors.ts";
import { type Draft } from "../../../../../src/protocol/schema.ts";
import { AnsweringBroker, type Answers, topicIdOf } from "../../../../support/answering-broker.ts";
import { waitUntil } from "../../../../support/broker/wait-until.ts";
import { RecordingTerminal } from "../../../../support/recording-terminal.ts";

type Beat = ApiRequest<"consumerGroupHeartbeat">;
type Answer = Draft<ApiResponse<"consumerGroupHeartbeat">> | "disconnect";

const assigned = (...partitions: number[]) => ({
  assignment: { topicPartitions: partitions.length === 0 ? [] : [{ topicId: topicIdOf, partitions }] },
});
const heartbeatIntervalMs = 5;
/** What goes on between a member and its coordinator. */
interface Life {
  /** The heartbeats that told something. How many that tell nothing come between them is a matter of time. */
  readonly beats: Beat[];
  /** The others. */
  readonly quiet: Beat[];
  readonly events: string[];
  readonly consumer: Consumer;
  readonly terminal: RecordingTerminal;
}

/** @param answerTo says what the coordinator answers to the nth heartbeat that tells something; the last one goes on */
async function live(
  answerTo: ((beat: Beat) => Answer)[],
  {
    properties = {},
    answers = {},
    wanted = "t",
    pollIntervalMs = 60_000,
  }: { properties?: object; answers?: Answers; wanted?: WantedTopics; pollIntervalMs?: number } = {},
): Promise<Life> {
  const beats: Beat[] = [];
  const quiet: Beat[] = [];
  const events: string[] = [];
  const broker: AnsweringBroker = await AnsweringBroker.start({
    findCoordinator: () => ({ coordinators: [{ key: "g", nodeId: 1, host: "127.0.0.1", port: broker.port }] }),
    consumerGroupHeartbeat: (beat) => {
      if (beat.memberEpoch > 0 && Object.keys(told(beat)).length === 1) {
        quiet.push(beat);
        return { memberEpoch: beat.memberEpoch, heartbeatIntervalMs };
      }
      beats.push(beat);
      const answer = answerTo[Math.min(beats.length, answerTo.length) - 1]!(beat);
      if (beat.memberEpoch < 0) return { memberEpoch: beat.memberEpoch };
      return answer === "disconnect" ? answer : { heartbeatIntervalMs, ...answer };
    },
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
  const given = new ClientProperties(
    new Map(Object.entries({ "group.id": "g", "group.protocol": "consumer", ...properties })),
  );
  const settings = {
    offsetReset: "earliest",
    readCommitted: false,
    fetchWaitMs: 5,
    fetchBytesMin: 1,
    fetchBytesMax: 1_000,
    partitionBytesMax: 1_000,
    polls: { intervalMs: pollIntervalMs, recordsMax: 500 },
    autoCommitIntervalMs: undefined,
  } as const;
  const consumer = new Consumer(cluster, async () => nodeCompute, settings, membershipOf(given, cluster, wanted));
  const name = (partitions: readonly { partition: number }[]) => partitions.map(({ partition }) => partition).join();
  consumer.onAssigned = (partitions) => events.push(`+${name(partitions)}`);
  consumer.onRevoked = (partitions) => events.push(`-${name(partitions)}`);
  onTestFinished(async () => {
    await consumer.close();
    cluster.close();
    await broker.stop();
  });
  await consumer.fill(0);
  return { beats, quiet, events, consumer, terminal };
}

const beatsOf = ({ beats }: Life, count: number) =>
  waitUntil(`${count} heartbeats`, async () => (beats.length >= count ? undefined : `${beats.length}`));

/** What a heartbeat told; what stayed as it was is left out. */
function told({ memberEpoch, rebalanceTimeoutMs, subscribedTopicNames, serverAssignor, topicPartitions }: Beat) {
  return {
    memberEpoch,
    ...(rebalanceTimeoutMs < 0 ? {} : { rebalanceTimeoutMs }),
    ...(subscribedTopicNames === null ? {} : { subscribedTopicNames }),
    ...(serverAssignor === null ? {} : { serverAssignor }),
    ...(topicPartitions === null ? {} : { owned: topicPartitions.flatMap(({ partitions }) => partitions) }),
  };
}

test("a member joins with all it wants, says what it has taken, and then only that it is there", async () => {
  const life = await live([() => ({ memberEpoch: 1, ...assigned(0, 1) }), () => ({ memberEpoch: 1 })], {
    properties: { "group.remote.assignor": "range", "max.poll.interval.ms": "9000", "client.rack": "r" },
  });
  await waitUntil("two more heartbeats", async () => (life.quiet.length > 1 ? undefined : "not yet"));
  expect(life.beats.map(told)).toEqual([
    { memberEpoch: 0, rebalanceTimeoutMs: 9000, subscribedTopicNames: ["t"], serverAssignor: "range", owned: [] },
    { memberEpoch: 1, owned: [0, 1] },
  ]);
  expect(life.beats.map(({ rackId }) => rackId).slice(0, 2)).toEqual(["r", null]);
  expect(new Set(life.beats.map(({ memberId }) => memberId)).size).toBe(1);
  expect(life.beats[0]!.memberId).toMatch(/^[\w-]{22}$/);
  expect(life.events).toEqual(["+0,1"]);
});

test("what is taken away is let go before the coordinator hears of it, and the rest is kept", async () => {
  const life: Life = await live([
    () => ({ memberEpoch: 1, ...assigned(0, 1) }),
    () => ({ memberEpoch: 2, ...assigned(1) }),
    ({ topicPartitions }) => {
      life.events.push(`acknowledged ${topicPartitions?.[0]?.partitions.join()}`);
      return { memberEpoch: 3, ...assigned(1, 2) };
    },
    () => ({ memberEpoch: 3 }),
  ]);
  await beatsOf(life, 4);
  expect(life.events).toEqual(["+0,1", "-0", "+", "acknowledged 1", "+2"]);
  expect(told(life.beats[3]!)).toEqual({ memberEpoch: 3, owned: [1, 2] });
});

test("what is revoked is told in order, in whatever order it came", async () => {
  const life = await live([
    () => ({ memberEpoch: 1, ...assigned(2) }),
    () => ({ memberEpoch: 2, ...assigned(0, 2) }),
    () => ({ memberEpoch: 2 }),
  ]);
  await beatsOf(life, 3);
  await life.consumer.close();
  expect(life.events).toEqual(["+2", "+0", "-0,2"]);
});

test("an assignment that takes everything away is acknowledged too", async () => {
  const life = await live([
    () => ({ memberEpoch: 1, ...assigned(0) }),
    () => ({ memberEpoch: 2, ...assigned() }),
    () => ({ memberEpoch: 2 }),
  ]);
  await beatsOf(life, 3);
  expect(told(life.beats[2]!)).toEqual({ memberEpoch: 2, owned: [] });
  expect(life.events).toEqual(["+0", "-0", "+"]);
});

test("an assignment of nothing to a new member is told, and acknowledged", async () => {
  const life = await live([() => ({ memberEpoch: 1, ...assigned() }), () => ({ memberEpoch: 1, ...assigned() })]);
  await beatsOf(life, 2);
  expect(told(life.beats[1]!)).toEqual({ memberEpoch: 1, owned: [] });
  expect(life.events).toEqual(["+"]);
});

test.for([Errors.FENCED_MEMBER_EPOCH, Errors.UNKNOWN_MEMBER_ID])(
  "who is fenced (%i) lets go of everything and joins again as the same member",
  async (errorCode) => {
    const life = await live([
      () => ({ memberEpoch: 5, ...assigned(0) }),
      () => ({ errorCode }),
      () => ({ memberEpoch: 6, ...assigned(0) }),
      () => ({ memberEpoch: 6 }),
    ]);
    await beatsOf(life, 4);
    expect(life.beats.slice(2, 4).map(told)).toEqual([
      { memberEpoch: 0, rebalanceTimeoutMs: 300_000, subscribedTopicNames: ["t"], owned: [] },
      { memberEpoch: 6, owned: [0] },
    ]);
    expect(life.beats[2]!.memberId).toBe(life.beats[0]!.memberId);
    expect(life.events).toEqual(["+0", "-0", "+0"]);
  },
);

test("who is fenced while it only reads joins again as well", async () => {
  const epochs: number[] = [];
  let isFenced = false;
  const life = await live([], {
    answers: {
      consumerGroupHeartbeat: ({ memberEpoch }) => {
        epochs.push(memberEpoch);
        if (memberEpoch === 0) return { memberEpoch: 5, heartbeatIntervalMs, ...assigned(0) };
        if (!isFenced) return { memberEpoch, heartbeatIntervalMs };
        isFenced = false;
        return { errorCode: Errors.FENCED_MEMBER_EPOCH };
      },
    },
  });
  await life.consumer.positioned();
  await waitUntil("some heartbeats", async () => (epochs.length > 4 ? undefined : `${epochs.length}`));
  isFenced = true;
  await waitUntil("what was lost to be there again", async () =>
    life.events.length === 3 ? undefined : life.events.join(),
  );
  expect(life.events).toEqual(["+0", "-0", "+0"]);
  expect(epochs.filter((epoch) => epoch === 0)).toHaveLength(2);
});

test("after a failure everything is told again: the coordinator may not have heard it", async () => {
  const life = await live([
    () => ({ memberEpoch: 1, ...assigned(0) }),
    () => "disconnect",
    () => ({ errorCode: Errors.NOT_COORDINATOR }),
    () => ({ errorCode: Errors.COORDINATOR_LOAD_IN_PROGRESS }),
    () => ({ memberEpoch: 1 }),
  ]);
  await beatsOf(life, 5);
  const everything = { memberEpoch: 1, rebalanceTimeoutMs: 300_000, subscribedTopicNames: ["t"], owned: [0] };
  expect(life.beats.slice(2).map(told)).toEqual([everything, everything, everything]);
  expect(life.events).toEqual(["+0"]);
});

test("an error that does not pass ends the consumption, as Kafka's client words it", async () => {
  const errorMessage = "ServerAssignor nope is not supported.";
  const life = await live([() => ({ errorCode: Errors.UNSUPPORTED_ASSIGNOR, errorMessage })]);
  await expect(life.consumer.fill(5_000)).rejects.toThrow(errorMessage);
  expect(life.terminal.complained).toMatch(
    /ERROR \[c\] ConsumerGroupHeartbeatRequest failed due to UNSUPPORTED_ASSIGNOR: ServerAssignor nope is not supported\. \(.*\n.*ERROR \[c\] Member [\w-]{22} with epoch 0 transitioned to fatal state/,
  );
  await life.consumer.close();
  expect(life.beats).toHaveLength(1);
});

test("a cluster that does not know the protocol is told how to go on without it", async () => {
  const life = await live([() => ({ errorCode: Errors.UNSUPPORTED_VERSION })]);
  await expect(life.consumer.fill(5_000)).rejects.toThrow(
    "The cluster does not support the new CONSUMER group protocol. Set group.protocol=classic on the consumer configs",
  );
});

test.for([
  [undefined, -1],
  ["box", -2],
] as const)("the instance %s leaves with epoch %i", async ([instance, epoch]) => {
  const properties = instance === undefined ? {} : { "group.instance.id": instance };
  const life = await live([() => ({ memberEpoch: 1, ...assigned(0) }), () => ({ memberEpoch: 1 })], { properties });
  await beatsOf(life, 2);
  await life.consumer.close();
  expect(life.beats.at(-1)).toMatchObject({ memberEpoch: epoch, instanceId: instance ?? null });
  expect(life.events).toEqual(["+0", "-0"]);
});

test("a commit goes with the member's epoch, and again when a heartbeat has replaced it meanwhile", async () => {
  const commits: ApiRequest<"offsetCommit">[] = [];
  const life = await live([() => ({ memberEpoch: 4, ...assigned(0) }), () => ({ memberEpoch: 4 })], {
    answers: {
      offsetCommit: (request) => {
        commits.push(request);
        const errorCode = commits.length === 1 ? Errors.STALE_MEMBER_EPOCH : commits.length > 2 ? 25 : 0;
        return { topics: [{ name: "t", partitions: [{ partitionIndex: 0, errorCode }] }] };
      },
    },
  });
  await beatsOf(life, 2);
  const offset = { topic: "t", partition: 0, offset: 9 };
  await life.consumer.commit([offset]);
  expect(commits.map(({ memberId, generationIdOrMemberEpoch: epoch }) => [memberId, epoch])).toEqual(
    Array.from({ length: 2 }, () => [life.beats[0]!.memberId, 4]),
  );
  await expect(life.consumer.commit([offset])).rejects.toThrow(
    "OffsetCommit failed with unknown member ID. The coordinator is not aware of this member.",
  );
});

test("offsets are asked for as the member, and not to be known as one is no reason to begin elsewhere", async () => {
  const asked: unknown[] = [];
  const fetches: number[] = [];
  const life = await live([() => ({ memberEpoch: 3, ...assigned(0) }), () => ({ memberEpoch: 3 })], {
    answers: {
      offsetFetch: ({ groups }) => {
        asked.push(groups.map(({ memberId, memberEpoch }) => [memberId, memberEpoch])[0]);
        if (asked.length === 1) return { groups: [{ groupId: "g", errorCode: Errors.UNKNOWN_MEMBER_ID }] };
        return {
          groups: [{ groupId: "g", topics: [{ name: "t", topicId: topicIdOf, partitions: [{ committedOffset: 7 }] }] }],
        };
      },
      fetch: ({ topics }) => {
        fetches.push(topics[0]!.partitions[0]!.fetchOffset);
        return { responses: [] };
      },
    },
  });
  await waitUntil("a fetch", async () => (fetches.length > 0 ? undefined : "none"));
  expect(asked).toEqual(Array.from({ length: 2 }, () => [life.beats[0]!.memberId, 3]));
  expect(fetches[0]).toBe(7);
});

test("topics that come to match a pattern are subscribed to with the next heartbeat", async () => {
  const topics = ["t"];
  const life = await live([() => ({ memberEpoch: 1 })], {
    wanted: (name) => name.startsWith("t"),
    properties: { "metadata.max.age.ms": "20" },
    answers: {
      metadata: () => ({
        topics: ["other", ...topics].map((name) => ({ name, topicId: topicIdOf, partitions: [] })),
      }),
    },
  });
  await beatsOf(life, 1);
  topics.push("t2");
  await beatsOf(life, 2);
  expect(told(life.beats[1]!)).toEqual({ memberEpoch: 1, subscribedTopicNames: ["t", "t2"] });
});

test.for([
  ["for good", {}, -1],
  ["for now when it is static", { "group.instance.id": "i" }, -2],
] as const)(
  "who takes no records for too long leaves %s, and joins when it takes some",
  async ([, properties, epoch]) => {
    const life = await live([() => ({ memberEpoch: 1, ...assigned(0) }), () => ({ memberEpoch: 1 })], {
      properties,
      pollIntervalMs: 500,
    });
    await beatsOf(life, 3);
    expect(life.beats.map(({ memberEpoch }) => memberEpoch)).toEqual([0, 1, epoch]);
    expect(life.terminal.complained).toContain("Consumer poll timeout has expired. This means the time between");
    const { length } = life.quiet;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(life.beats).toHaveLength(3);
    expect(life.quiet).toHaveLength(length);
    expect(life.events).toEqual(["+0"]);

    await life.consumer.fill(20);
    await beatsOf(life, 4);
    expect(told(life.beats[3]!)).toMatchObject({ memberEpoch: 0, subscribedTopicNames: ["t"] });
    expect(life.events.slice(0, 2)).toEqual(["+0", "-0"]);
  },
);
