import { type ApiName, type ApiRequest, type ApiResponse } from "../../src/protocol/apis.ts";
import { consumerProtocolSubscription } from "../../src/protocol/consumer-protocol.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { errorName } from "../../src/protocol/errors.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { Writer } from "../../src/protocol/writer.ts";

/** Something that speaks the protocol: Apache Kafka behind a socket, or our handlers. */
export interface ScriptedBroker {
  /** Each name is a connection of its own. */
  send<N extends ApiName>(
    connection: string,
    api: N,
    version: number,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>>;
  /** Lets so much time pass; with 0, long enough for answers that are on their way. */
  pass(ms: number): Promise<void>;
  /** "t" with two partitions and "u" with one exist. */
  topicId(name: string): string;
}

export interface LoggedAnswer {
  readonly step: string;
  readonly answer: unknown;
}

/**
 * The configuration that the script is for:
 * group.initial.rebalance.delay.ms=0, group.min.session.timeout.ms=500, group.max.size=3, offset.metadata.max.bytes=20
 */
export async function runGroupScript(broker: ScriptedBroker): Promise<LoggedAnswer[]> {
  const script = new Script(broker);
  await handshake(script);
  await twoMembers(script);
  await offsets(script);
  await offsetVersions(script);
  await rebalances(script);
  await staticMembers(script);
  await limits(script);
  await refusals(script);
  await listing(script);
  await deletion(script);
  await joinVersions(script);
  return script.log;
}

const consumer = "consumer";

function subscription(topics: readonly string[]): Buffer {
  const writer = new Writer();
  writer.int16(1);
  codecOf(consumerProtocolSubscription, 1).encode(writer, { topics });
  return writer.toBuffer();
}

function protocols(...names: string[]): { name: string; metadata: Buffer }[] {
  return names.map((name) => ({ name, metadata: subscription(["t"]) }));
}

function joinRequest(changes: Draft<ApiRequest<"joinGroup">>): Draft<ApiRequest<"joinGroup">> {
  return {
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 3_000,
    memberId: "",
    protocolType: consumer,
    protocols: protocols("range"),
    ...changes,
  };
}

/** Asks a broker one thing after the other, and keeps the answers in a form that is the same everywhere. */
export class Script {
  readonly log: LoggedAnswer[] = [];
  readonly #broker: ScriptedBroker;
  readonly #names = new Map<string, string>();
  #pending = new Map<string, Promise<unknown>>();

  constructor(broker: ScriptedBroker) {
    this.#broker = broker;
  }

  topicId(name: string): string {
    return this.#broker.topicId(name);
  }

  /** Asks and waits for the answer. */
  async ask<N extends ApiName>(
    step: string,
    api: N,
    version: number,
    request: Draft<ApiRequest<N>>,
    connection = "main",
  ): Promise<ApiResponse<N>> {
    const answer = await this.#broker.send(connection, api, version, request);
    this.log.push({ step, answer: this.#plain(answer) });
    return answer;
  }

  /** Asks; the answer is awaited by `answerOf`. */
  async start<N extends ApiName>(step: string, api: N, version: number, request: Draft<ApiRequest<N>>): Promise<void> {
    this.#pending.set(step, this.#broker.send(step, api, version, request));
    await this.#broker.pass(0);
  }

  async answerOf<N extends ApiName>(step: string): Promise<ApiResponse<N>> {
    const answer = (await this.#pending.get(step)) as ApiResponse<N>;
    this.log.push({ step, answer: this.#plain(answer) });
    return answer;
  }

  pass(ms: number): Promise<void> {
    return this.#broker.pass(ms);
  }

  /** A dynamic member's way in: id first, then the group. */
  async startMember(step: string, groupId: string): Promise<string> {
    const request = joinRequest({ groupId });
    const { memberId } = await this.ask(`${step}: id`, "joinGroup", 9, request);
    await this.start(step, "joinGroup", 9, { ...request, memberId });
    return memberId;
  }

  /** Ids drawn at random get names in the order of their first appearance; the rest is the same everywhere. */
  #plain(value: unknown, key = ""): unknown {
    if (Buffer.isBuffer(value)) return value.toString("hex");
    if (Array.isArray(value)) {
      const plain = value.map((entry) => this.#plain(entry));
      return plain.sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
    }
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.#plain(inner, name)]));
    }
    if (key === "errorCode" || key === "partitionErrorCode") return errorName(value as number);
    if (key === "producerId" && value !== -1) {
      const name = this.#names.get(`producer ${String(value)}`) ?? `id ${this.#names.size + 1}`;
      this.#names.set(`producer ${String(value)}`, name);
      return name;
    }
    if (key === "transactionStartTimeMs" && (value as number) > 0) return "a time";
    if (key === "port" && value !== -1) return "port";
    if (key === "topicId") {
      if (value === this.topicId("t")) return "id of t";
      if (value === this.topicId("u")) return "id of u";
    }
    if ((key === "memberId" || key === "leader") && typeof value === "string" && /-[0-9a-f]{8}-/.test(value)) {
      const name = this.#names.get(value) ?? `member ${this.#names.size + 1}`;
      this.#names.set(value, name);
      return value.replace(/-[0-9a-f]{8}-.*/, ` = ${name}`);
    }
    return value;
  }
}

async function handshake(script: Script): Promise<void> {
  await script.ask("coordinator v3", "findCoordinator", 3, { key: "a", keyType: 0 });
  await script.ask("coordinator v4", "findCoordinator", 4, { keyType: 0, coordinatorKeys: ["a", "", "b"] });
  await script.ask("coordinator v0", "findCoordinator", 0, { key: "a" });
  await script.ask("coordinator of odd type v4", "findCoordinator", 4, { keyType: 7, coordinatorKeys: ["a", "b"] });
  await script.ask("coordinator of odd type v3", "findCoordinator", 3, { keyType: 7, key: "a" });
  await script.ask("coordinator of share v5", "findCoordinator", 5, { keyType: 2, coordinatorKeys: ["a"] });
  await script.ask("coordinator of share, no key", "findCoordinator", 6, {
    keyType: 2,
    coordinatorKeys: ["a:b:c", ":"],
  });
  for (const version of [0, 3, 4, 6, 7, 9]) {
    const request = joinRequest({ groupId: `missing${version}`, memberId: "nobody" });
    await script.ask(`join as nobody v${version}`, "joinGroup", version, request);
  }
  for (const version of [4, 6, 7, 9]) {
    await script.ask(
      `join asks for an id v${version}`,
      "joinGroup",
      version,
      joinRequest({ groupId: `new${version}` }),
    );
  }
}

async function twoMembers(script: Script): Promise<void> {
  const groupId = "two";
  const one = await script.startMember("one joins", groupId);
  const first = await script.answerOf<"joinGroup">("one joins");
  await script.ask("one syncs", "syncGroup", 5, {
    groupId,
    generationId: first.generationId,
    memberId: one,
    protocolType: consumer,
    protocolName: "range",
    assignments: [{ memberId: one, assignment: Buffer.from("all") }],
  });
  const two = await script.startMember("two joins", groupId);
  const heartbeat = { groupId, generationId: first.generationId, memberId: one };
  await script.ask("one hears of it", "heartbeat", 4, heartbeat);
  await script.ask("describe preparing", "describeGroups", 6, { groups: [groupId], includeAuthorizedOperations: true });
  const request = joinRequest({ groupId, memberId: one, reason: "told to" });
  const second = await script.ask("one joins again", "joinGroup", 9, request);
  await script.answerOf("two joins");
  const { generationId } = second;
  const sync = { groupId, generationId, protocolType: consumer, protocolName: "range" };
  await script.start("two syncs", "syncGroup", 5, { ...sync, memberId: two });
  await script.ask("describe completing", "describeGroups", 5, { groups: [groupId] });
  await script.ask("one syncs without two", "syncGroup", 5, {
    ...sync,
    memberId: one,
    assignments: [{ memberId: one, assignment: Buffer.from("all") }],
  });
  await script.answerOf("two syncs");
  await script.ask("two syncs again", "syncGroup", 5, { ...sync, memberId: two });
  await script.ask("sync v0", "syncGroup", 0, { groupId, generationId, memberId: two });
  await script.ask("sync without protocol", "syncGroup", 5, { groupId, generationId, memberId: two });
  await script.ask("sync of other protocol", "syncGroup", 5, { ...sync, memberId: two, protocolName: "other" });
  await script.ask("sync of other type", "syncGroup", 5, { ...sync, memberId: two, protocolType: "connect" });
  await script.ask("sync of old generation", "syncGroup", 5, { ...sync, memberId: two, generationId: 1 });
  await script.ask("sync of nobody", "syncGroup", 5, { ...sync, memberId: "nobody" });
  await script.ask("describe stable", "describeGroups", 6, { groups: [groupId, "missing", ""] });
  await script.ask("describe missing v5", "describeGroups", 5, { groups: ["missing"] });
  await script.ask("describe v0", "describeGroups", 0, { groups: [groupId] });
  await script.ask("heartbeat of old generation", "heartbeat", 4, heartbeat);
  await script.ask("heartbeat of nobody", "heartbeat", 4, { ...heartbeat, memberId: "nobody" });
  await script.ask("heartbeat of odd instance", "heartbeat", 4, { ...heartbeat, groupInstanceId: "i" });
  await script.ask("two leaves", "leaveGroup", 5, {
    groupId,
    members: [{ memberId: two, reason: "done" }, { memberId: "nobody" }, { memberId: "", groupInstanceId: "i" }],
  });
  await script.ask("one commits while preparing", "offsetCommit", 9, commitRequest(groupId, one, generationId));
  await script.ask("one leaves v2", "leaveGroup", 2, { groupId, memberId: one });
  await script.ask("one leaves again v2", "leaveGroup", 2, { groupId, memberId: one });
  await script.ask("describe empty", "describeGroups", 6, { groups: [groupId] });
  await script.ask("heartbeat when empty", "heartbeat", 4, { ...heartbeat, generationId });
}

function commitRequest(
  groupId: string,
  memberId = "",
  generation = -1,
  metadata: string | null = "note",
): Draft<ApiRequest<"offsetCommit">> {
  const partition = (partitionIndex: number) => ({
    partitionIndex,
    committedOffset: 5,
    committedLeaderEpoch: 0,
    committedMetadata: metadata,
  });
  return {
    groupId,
    memberId,
    generationIdOrMemberEpoch: generation,
    topics: [
      { name: "t", partitions: [partition(0), partition(1), partition(7)] },
      { name: "missing", partitions: [partition(0)] },
    ],
  };
}

async function offsets(script: Script): Promise<void> {
  const groupId = "offsets";
  await script.ask("commit alone", "offsetCommit", 9, commitRequest(groupId));
  await script.ask("commit with large metadata", "offsetCommit", 8, commitRequest(groupId, "", -1, "x".repeat(21)));
  await script.ask("commit without metadata", "offsetCommit", 9, commitRequest("nulls", "", -1, null));
  await script.ask("fetch null metadata", "offsetFetch", 7, { groupId: "nulls", topics: null });
  await script.ask("commit to no group v9", "offsetCommit", 9, commitRequest("none", "nobody", 1));
  await script.ask("commit to no group v8", "offsetCommit", 8, commitRequest("none", "nobody", 1));
  await script.ask("commit as nobody", "offsetCommit", 9, commitRequest(groupId, "nobody", 1));
  await script.ask("commit as nobody, no generation", "offsetCommit", 9, commitRequest(groupId, "nobody", -1));
  await script.ask("commit to empty id", "offsetCommit", 9, commitRequest(""));
  await script.ask("commit by id", "offsetCommit", 10, {
    groupId,
    topics: [
      { topicId: script.topicId("u"), partitions: [{ partitionIndex: 0, committedOffset: 9 }, { partitionIndex: 1 }] },
      { topicId: "AAAAAAAAAAAAAAAAAAAAAg", partitions: [{ partitionIndex: 0, committedOffset: 9 }] },
    ],
  });
  await script.ask("commit nothing", "offsetCommit", 9, { groupId, topics: [] });
  await script.ask("old commit with retention", "offsetCommit", 2, {
    ...commitRequest("old"),
    retentionTimeMs: 3_600_000,
  });
}

async function offsetVersions(script: Script): Promise<void> {
  const groupId = "offsets";
  const topics = [
    { name: "t", partitionIndexes: [0, 1, 2] },
    { name: "missing", partitionIndexes: [0] },
  ];
  for (const version of [1, 2, 5, 7])
    await script.ask(`fetch v${version}`, "offsetFetch", version, { groupId, topics });
  for (const version of [2, 7])
    await script.ask(`fetch all v${version}`, "offsetFetch", version, { groupId, topics: null });
  await script.ask("fetch of no group v7", "offsetFetch", 7, { groupId: "missing", topics });
  await script.ask("fetch of no group, all", "offsetFetch", 7, { groupId: "missing", topics: null });
  const groups = [
    { groupId, topics },
    { groupId: "missing", topics: null },
    { groupId, topics: null },
  ];
  await script.ask("fetch v8", "offsetFetch", 8, { groups });
  await script.ask("fetch v9 stable", "offsetFetch", 9, { groups, requireStable: true });
  const byId = [
    { topicId: script.topicId("t"), partitionIndexes: [0, 2] },
    { topicId: "AAAAAAAAAAAAAAAAAAAAAg", partitionIndexes: [0] },
  ];
  await script.ask("fetch v10", "offsetFetch", 10, {
    groups: [
      { groupId, topics: byId },
      { groupId, topics: null },
    ],
  });
  await script.ask("delete offsets", "offsetDelete", 0, {
    groupId,
    topics: [
      { name: "t", partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] },
      { name: "missing", partitions: [{ partitionIndex: 0 }] },
    ],
  });
  const partitions = [{ partitionIndex: 0 }];
  await script.ask("delete offsets of no group", "offsetDelete", 0, {
    groupId: "missing",
    topics: [{ name: "t", partitions }],
  });
  await script.ask("delete offsets of empty id", "offsetDelete", 0, {
    groupId: "",
    topics: [{ name: "t", partitions }],
  });
  await script.ask("fetch after delete", "offsetFetch", 7, { groupId, topics: null });
}

/** Makes a stable group of one member. */
async function stableGroup(
  script: Script,
  groupId: string,
  changes: Draft<ApiRequest<"joinGroup">> = {},
): Promise<string> {
  const request = joinRequest({ groupId, ...changes });
  const joined = await script.ask(`${groupId}: join`, "joinGroup", 3, request);
  await script.ask(`${groupId}: sync`, "syncGroup", 3, {
    groupId,
    generationId: joined.generationId,
    memberId: joined.memberId,
    assignments: [{ memberId: joined.memberId, assignment: Buffer.from("all") }],
  });
  return joined.memberId;
}

async function rebalances(script: Script): Promise<void> {
  const groupId = "rebalances";
  const one = await stableGroup(script, groupId);
  await script.ask("follower's rejoin with the same", "joinGroup", 5, joinRequest({ groupId, memberId: one }));
  await script.ask("while completing again", "joinGroup", 5, joinRequest({ groupId, memberId: one }));
  await script.ask("commit while completing", "offsetCommit", 9, commitRequest(groupId, one, 2));
  await script.ask("while completing, other protocols", "joinGroup", 5, {
    ...joinRequest({ groupId, memberId: one }),
    protocols: protocols("range", "sticky"),
  });
  await script.ask("join with a protocol nobody knows", "joinGroup", 3, {
    ...joinRequest({ groupId }),
    protocols: protocols("odd"),
  });
  await script.ask("join with another type", "joinGroup", 3, joinRequest({ groupId, protocolType: "connect" }));
  await script.ask("join without protocols", "joinGroup", 3, joinRequest({ groupId, protocols: [] }));
  await script.ask("offset delete of subscribed topic", "offsetDelete", 0, {
    groupId,
    topics: [
      { name: "t", partitions: [{ partitionIndex: 0 }] },
      { name: "u", partitions: [{ partitionIndex: 0 }] },
    ],
  });
  // It neither joins nor beats its heart: the rebalance ends without it.
  await script.start("another joins", "joinGroup", 3, joinRequest({ groupId, sessionTimeoutMs: 10_000 }));
  await script.pass(3_500);
  const joined = await script.answerOf<"joinGroup">("another joins");
  await script.ask("the former member", "heartbeat", 4, { groupId, generationId: joined.generationId, memberId: one });
  // It never syncs: given up after the rebalance timeout.
  await script.pass(3_500);
  await script.ask("the one that did not sync", "heartbeat", 4, {
    groupId,
    generationId: joined.generationId,
    memberId: joined.memberId,
  });
  await stableGroup(script, "sessions", { sessionTimeoutMs: 700 });
  await script.pass(1_200);
  await script.ask("describe after its session", "describeGroups", 6, { groups: ["sessions", groupId] });
  await stableGroup(script, "connect", {
    protocolType: "connect",
    protocols: [{ name: "x", metadata: Buffer.from("y") }],
  });
  await script.ask("offset delete of a group with members", "offsetDelete", 0, {
    groupId: "connect",
    topics: [{ name: "t", partitions: [{ partitionIndex: 0 }] }],
  });
}

async function staticMembers(script: Script): Promise<void> {
  const groupId = "static";
  const request = joinRequest({ groupId, groupInstanceId: "i1", protocols: protocols("range", "sticky") });
  const one = await script.ask("static joins", "joinGroup", 9, request);
  const sync = { groupId, generationId: 1, protocolType: consumer, protocolName: "range" };
  await script.ask("static syncs", "syncGroup", 5, {
    ...sync,
    memberId: one.memberId,
    groupInstanceId: "i1",
    assignments: [{ memberId: one.memberId, assignment: Buffer.from("all") }],
  });
  const again = await script.ask("static leader restarts v9", "joinGroup", 9, request);
  await script.ask("it syncs", "syncGroup", 5, { ...sync, memberId: again.memberId, groupInstanceId: "i1" });
  const old = { groupId, memberId: one.memberId, groupInstanceId: "i1", generationId: 1 };
  await script.ask("fenced heartbeat", "heartbeat", 4, old);
  await script.ask("fenced join", "joinGroup", 9, { ...request, memberId: one.memberId });
  await script.ask("fenced sync", "syncGroup", 5, { ...sync, ...old });
  await script.ask("fenced commit", "offsetCommit", 9, {
    ...commitRequest(groupId, one.memberId, 1),
    groupInstanceId: "i1",
  });
  await script.ask("fenced leave", "leaveGroup", 3, {
    groupId,
    members: [{ memberId: one.memberId, groupInstanceId: "i1" }],
  });
  await script.ask("unknown instance", "heartbeat", 4, { ...old, groupInstanceId: "i9" });
  const third = await script.ask("static leader restarts v8", "joinGroup", 8, request);
  await script.start("static follower joins", "joinGroup", 9, { ...request, groupInstanceId: "i2" });
  await script.ask("leader joins", "joinGroup", 9, { ...request, memberId: third.memberId });
  const two = await script.answerOf<"joinGroup">("static follower joins");
  await script.start("follower syncs", "syncGroup", 5, {
    ...sync,
    generationId: 2,
    memberId: two.memberId,
    groupInstanceId: "i2",
  });
  await script.ask("leader syncs", "syncGroup", 5, {
    ...sync,
    generationId: 2,
    memberId: third.memberId,
    groupInstanceId: "i1",
    assignments: [
      { memberId: two.memberId, assignment: Buffer.from("2") },
      { memberId: third.memberId, assignment: Buffer.from("3") },
    ],
  });
  await script.answerOf("follower syncs");
  await script.ask("follower restarts", "joinGroup", 9, { ...request, groupInstanceId: "i2" });
  await script.ask("describe static", "describeGroups", 6, { groups: [groupId] });
  await script.start("follower restarts with another taste", "joinGroup", 9, {
    ...request,
    groupInstanceId: "i2",
    protocols: protocols("sticky"),
  });
  await script.start("and again", "joinGroup", 9, {
    ...request,
    groupInstanceId: "i2",
    protocols: protocols("sticky"),
  });
  await script.answerOf("follower restarts with another taste");
  await script.ask("leader follows", "joinGroup", 9, { ...request, memberId: third.memberId });
  await script.answerOf("and again");
  await script.ask("removed by instance", "leaveGroup", 5, {
    groupId,
    members: [{ groupInstanceId: "i2" }, { groupInstanceId: "i1" }, { groupInstanceId: "i9" }],
  });
}

async function limits(script: Script): Promise<void> {
  const groupId = "full";
  const members = ["1", "2", "3"];
  const one = await stableGroup(script, groupId);
  for (const name of members.slice(1)) await script.start(`full: ${name}`, "joinGroup", 3, joinRequest({ groupId }));
  await script.start("full: 1", "joinGroup", 3, joinRequest({ groupId, memberId: one }));
  // The leader last: its answer lists the others in an order of the broker's own.
  for (const name of ["2", "3", "1"]) await script.answerOf(`full: ${name}`);
  await script.ask("one too many", "joinGroup", 3, joinRequest({ groupId }));
  await script.ask("one too many v9", "joinGroup", 9, joinRequest({ groupId }));
}

async function refusals(script: Script): Promise<void> {
  await script.ask("empty group id", "joinGroup", 9, joinRequest({ groupId: "" }));
  await script.ask("short session", "joinGroup", 9, joinRequest({ groupId: "a", sessionTimeoutMs: 499 }));
  await script.ask("long session", "joinGroup", 9, joinRequest({ groupId: "a", sessionTimeoutMs: 1_800_001 }));
  await script.ask("no protocols", "joinGroup", 9, joinRequest({ groupId: "noprotocols", protocols: [] }));
  await script.ask("no protocol type", "joinGroup", 9, joinRequest({ groupId: "notype", protocolType: "" }));
  await script.ask("sync of empty id", "syncGroup", 3, { groupId: "", memberId: "m", generationId: 1 });
  await script.ask("sync of no group", "syncGroup", 3, { groupId: "missing", memberId: "m", generationId: 1 });
  await script.ask("heartbeat of empty id", "heartbeat", 4, { groupId: "", memberId: "m", generationId: 1 });
  await script.ask("heartbeat of no group", "heartbeat", 4, { groupId: "missing", memberId: "m", generationId: 1 });
  await script.ask("leave empty id", "leaveGroup", 3, { groupId: "", members: [{ memberId: "m" }] });
  await script.ask("leave no group", "leaveGroup", 3, { groupId: "missing", members: [{ memberId: "m" }] });
  await script.ask("leave no group v1", "leaveGroup", 1, { groupId: "missing", memberId: "m" });
  await script.ask("leave with nobody", "leaveGroup", 3, { groupId: "offsets", members: [] });
  const { memberId } = await script.ask("an id", "joinGroup", 9, joinRequest({ groupId: "pending" }));
  const asStatic = joinRequest({ groupId: "pending", memberId, groupInstanceId: "i" });
  await script.ask("a dynamic id with an instance", "joinGroup", 9, asStatic);
  await script.ask("pending heartbeat", "heartbeat", 4, { groupId: "pending", memberId, generationId: 0 });
  await script.ask("pending leaves", "leaveGroup", 3, { groupId: "pending", members: [{ memberId }] });
}

async function listing(script: Script): Promise<void> {
  await script.ask("list v0", "listGroups", 0, {});
  await script.ask("list v5", "listGroups", 5, {});
  await script.ask("list empty ones", "listGroups", 4, { statesFilter: ["empty"] });
  await script.ask("list odd states", "listGroups", 4, { statesFilter: [" STABLE ", "odd"] });
  await script.ask("list classic ones", "listGroups", 5, { typesFilter: ["Classic"], statesFilter: ["Stable"] });
  await script.ask("list consumer ones", "listGroups", 5, { typesFilter: ["consumer"] });
  await script.ask("list odd types", "listGroups", 5, { typesFilter: ["odd"] });
}

async function deletion(script: Script): Promise<void> {
  await script.ask("delete", "deleteGroups", 2, { groupsNames: ["offsets", "full", "missing", "offsets", ""] });
  await script.ask("fetch deleted", "offsetFetch", 7, { groupId: "offsets", topics: null });
  await script.ask("describe deleted", "describeGroups", 6, { groups: ["offsets"] });
}

async function joinVersions(script: Script): Promise<void> {
  for (const version of [0, 1, 3, 5, 7, 8, 9]) {
    const request = joinRequest({ groupId: `v${version}`, groupInstanceId: version >= 5 ? "i" : null });
    await script.ask(`join v${version}`, "joinGroup", version, request);
  }
}
