import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeGroupRecord } from "../../../src/coordinator/group/group-records.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { Errors, type ErrorCode } from "../../../src/protocol/errors.ts";
import { onlyBatch } from "../../../src/protocol/records/batches.ts";
import { payloadOf, recordsOf } from "../../../src/protocol/records/record-iterator.ts";
import { propertyOptions } from "../../support/property-options.ts";
import { GroupWorld } from "./group-world.ts";

/*
 * Clients that do anything at all, in any order, with faults of the log in between. After every step the log, loaded anew, says
 * what is in memory, and a generation never has two leaders or assignments; in the end nobody is left waiting.
 */

const clients = 3;
const errors: readonly ErrorCode[] = [
  Errors.NOT_ENOUGH_REPLICAS,
  Errors.KAFKA_STORAGE_ERROR,
  Errors.NOT_LEADER_OR_FOLLOWER,
];

const client = fc.integer({ min: 0, max: clients - 1 });
const group = fc.constantFrom("g", "g", "g", "h");
/** Mostly false: most clients are well-behaved most of the time, or no generation would ever come about. */
const seldom = fc.integer({ min: 0, max: 9 }).map((drawn) => drawn === 9);
const step = fc.oneof(
  { weight: 40, arbitrary: fc.record({ kind: fc.constant("proceed" as const), client, group }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("join" as const),
      client,
      group,
      isStatic: seldom,
      isNew: seldom,
      version: fc.constantFrom(3, 5, 9),
      protocols: fc.constantFrom(["range", "sticky"], ["range", "sticky"], ["range"], ["sticky", "range"]),
      metadata: seldom.map((isOther) => (isOther ? "b" : "a")),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("sync" as const), client, group }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("heartbeat" as const), client, group }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("leave" as const), client, group }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      client,
      group,
      isMember: fc.boolean(),
      partition: fc.nat(3),
      retentionTimeMs: fc.constantFrom(-1, 60_000),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("txnCommit" as const),
      client,
      group,
      isMember: fc.boolean(),
      partition: fc.nat(3),
      producerId: fc.integer({ min: 1, max: 2 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("endTxn" as const),
      producerId: fc.integer({ min: 1, max: 2 }),
      isCommit: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("offsetDelete" as const), group, partition: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), group }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.constantFrom(0, 500, 500, 500, 500, 1_000, 1_000, 3_000, 10_000, 700_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("fail" as const), error: fc.constantFrom(...errors) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constantFrom("hold" as const, "release" as const, "reload" as const) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** A consumer as its broker sees it: it remembers what it was told last. */
interface Client {
  readonly instance: string;
  memberId: string;
  generation: number;
  isLeader: boolean;
  members: readonly string[];
  /** What a client that follows the protocol does next; nothing while it waits for an answer. */
  next: "join" | "sync" | "heartbeat" | "wait";
}

class Run {
  readonly world = new GroupWorld({
    config: { groupSizeMax: 3, initialRebalanceDelayMs: 500, offsetsRetentionMs: 600_000 },
  });
  readonly #clients = new Map<string, Client>();
  readonly #waiting = new Set<string>();
  /** Assignments by group and generation: all that were handed out must be of one leader. */
  readonly #assignedBy = new Map<string, string>();
  readonly violations: string[] = [];
  /** How often each group was deleted: its generations start again then. */
  readonly #deaths = new Map<string, number>();
  #requests = 0;
  /** Takes part in what the leader assigns, so that its origin shows. */
  #incarnation = 0;

  constructor() {
    this.world.log.onAppend = (_partition, batch) => this.#countDeaths(batch);
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    switch (step.kind) {
      case "proceed":
        this.#proceed(step);
        break;
      case "join":
        this.#join(step);
        break;
      case "sync":
        this.#sync(step);
        break;
      case "heartbeat":
        this.#heartbeat(step);
        break;
      case "leave": {
        const { memberId } = this.#client(step);
        const members = [{ memberId, groupInstanceId: null, reason: null }];
        this.#track(world.groups.leaveGroup({ groupId: step.group, members }));
        break;
      }
      case "commit":
        this.#commit(step);
        break;
      case "txnCommit":
        this.#commitInTransaction(step);
        break;
      case "endTxn": {
        const { producerId, isCommit } = step;
        const end = { producerId, producerEpoch: 0, coordinatorEpoch: 0, isCommit, transactionVersion: 2 };
        this.#track(world.groups.completeTransaction({ partition: 0, ...end }));
        break;
      }
      case "offsetDelete": {
        const topics = [{ name: "t", partitions: [{ partitionIndex: step.partition }] }];
        this.#track(world.groups.deleteOffsets({ groupId: step.group, topics }));
        break;
      }
      case "delete":
        this.#track(world.groups.deleteGroups([step.group]));
        break;
      case "advance":
        await world.time.advance(step.ms);
        break;
      case "fail":
        world.log.failNext = step.error;
        break;
      case "hold":
        world.log.isHeld = true;
        break;
      case "release":
        world.log.release();
        break;
      case "reload":
        this.#incarnation++;
        await world.reload();
        break;
    }
    await world.time.settle();
  }

  get waiting(): string[] {
    return [...this.#waiting];
  }

  #countDeaths(batch: Buffer): void {
    const view = onlyBatch(batch);
    if (view.isControl) return;
    for (const { key, value } of recordsOf(view, payloadOf(view))) {
      const record = decodeGroupRecord(new Reader(key!), value === null ? null : new Reader(value));
      if (record?.type !== "groupMetadata" || record.value !== null) continue;
      this.#deaths.set(record.group, (this.#deaths.get(record.group) ?? 0) + 1);
    }
  }

  #client({ client, group }: { client: number; group: string }): Client {
    const key = `${group}/${client}`;
    let state = this.#clients.get(key);
    if (state === undefined) {
      state = { instance: `i${client}`, memberId: "", generation: -1, isLeader: false, members: [], next: "join" };
      this.#clients.set(key, state);
    }
    return state;
  }

  #proceed(step: { client: number; group: string }): void {
    const state = this.#client(step);
    switch (state.next) {
      case "join":
        return this.#join({
          ...step,
          isStatic: false,
          isNew: false,
          version: 9,
          protocols: ["range", "sticky"],
          metadata: "a",
        });
      case "sync":
        return this.#sync(step);
      case "heartbeat":
        return this.#heartbeat(step);
      case "wait":
    }
  }

  #heartbeat(step: { client: number; group: string }): void {
    const state = this.#client(step);
    const { memberId, generation } = state;
    const answer = this.world.groups.heartbeat({ ...ids(step.group, memberId), generationId: generation });
    this.#track(answer.then(({ errorCode }) => follow(state, errorCode, "heartbeat")));
  }

  #join(step: Omit<Step & { kind: "join" }, "kind" | "group"> & { group: string }): void {
    const state = this.#client(step);
    state.next = "wait";
    const request: ApiRequest<"joinGroup"> = {
      groupId: step.group,
      memberId: step.isNew ? "" : state.memberId,
      groupInstanceId: step.isStatic && step.version >= 5 ? state.instance : null,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 5_000,
      protocolType: "consumer",
      protocols: step.protocols.map((name) => ({ name, metadata: Buffer.from(step.metadata) })),
      reason: null,
    };
    const caller = {
      apiVersion: step.version,
      clientId: "c",
      clientHost: "/h",
      newMemberIdSuffix: String(this.#requests),
    };
    const joined = async () => {
      const response = await this.world.groups.joinGroup(request, caller);
      if (response.memberId !== undefined && response.memberId !== "") state.memberId = response.memberId;
      follow(state, response.errorCode, "sync");
      if ((response.errorCode ?? 0) !== 0) return;
      state.generation = response.generationId!;
      state.isLeader = response.leader === response.memberId;
      state.members = (response.members ?? []).map(({ memberId }) => memberId ?? "");
    };
    this.#track(joined());
  }

  #sync(step: { client: number; group: string }): void {
    const state = this.#client(step);
    const { memberId, generation, isLeader, members } = state;
    state.next = "wait";
    // The assignment says who made it.
    const assignment = Buffer.from(`${this.#incarnation}/${memberId}/${this.#requests}`);
    const birth = this.#deaths.get(step.group) ?? 0;
    const request = {
      ...ids(step.group, memberId),
      generationId: generation,
      protocolType: null,
      protocolName: null,
      assignments: isLeader ? members.map((member) => ({ memberId: member, assignment })) : [],
    };
    const synced = async () => {
      const { errorCode, assignment: given } = await this.world.groups.syncGroup(request);
      follow(state, errorCode, "heartbeat");
      if ((errorCode ?? 0) !== 0 || given === undefined || given.length === 0) return;
      const key = `${this.#incarnation}/${step.group}/${birth}/${generation}`;
      const by = this.#assignedBy.get(key) ?? given.toString();
      if (given.toString() !== by) this.violations.push(`${key}: assigned by ${by} and by ${given.toString()}`);
      this.#assignedBy.set(key, by);
    };
    this.#track(synced());
  }

  #commit(step: Step & { kind: "commit" }): void {
    const { memberId, generation } = this.#client(step);
    const request: ApiRequest<"offsetCommit"> = {
      ...ids(step.group, step.isMember ? memberId : ""),
      generationIdOrMemberEpoch: step.isMember ? generation : -1,
      retentionTimeMs: step.retentionTimeMs,
      topics: [
        {
          name: "t",
          topicId: "dF9fX19fX19fX19fX19fXw",
          partitions: [
            {
              partitionIndex: step.partition,
              committedOffset: this.#requests,
              committedLeaderEpoch: -1,
              committedMetadata: null,
            },
          ],
        },
      ],
    };
    this.#track(this.world.groups.commitOffsets(request, 8));
  }

  #commitInTransaction({ client, group, isMember, partition, producerId }: Step & { kind: "txnCommit" }): void {
    const { memberId, generation } = this.#client({ client, group });
    const committed = {
      partitionIndex: partition,
      committedOffset: this.#requests,
      committedLeaderEpoch: -1,
      committedMetadata: null,
    };
    const request: ApiRequest<"txnOffsetCommit"> = {
      ...ids(group, isMember ? memberId : ""),
      generationId: isMember ? generation : -1,
      transactionalId: `txn-${producerId}`,
      producerId,
      producerEpoch: 0,
      topics: [{ name: "t", partitions: [committed] }],
    };
    this.#track(this.world.groups.commitTransactionalOffsets(request, 5));
  }

  #track(answer: Promise<unknown>): void {
    const name = `request ${++this.#requests}`;
    this.#waiting.add(name);
    void answer.then(() => this.#waiting.delete(name));
  }
}

/** What the client does after an answer. */
function follow(state: Client, errorCode: number | undefined, next: Client["next"]): void {
  if ((errorCode ?? 0) === 0) {
    state.next = next;
    return;
  }
  state.next = "join";
  if (errorCode === Errors.UNKNOWN_MEMBER_ID || errorCode === Errors.FENCED_INSTANCE_ID) state.memberId = "";
}

function ids(groupId: string, memberId: string): { groupId: string; memberId: string; groupInstanceId: null } {
  return { groupId, memberId, groupInstanceId: null };
}

test("whatever clients do, the log tells what is in memory, and everybody is answered", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 160 }), async (steps) => {
      const run = new Run();
      await run.world.elect();
      for (const step of steps) {
        await run.take(step);
        if (run.world.log.isHeld) continue;
        const { loaded, live } = await run.world.compare();
        expect(loaded).toEqual(live);
      }
      run.world.log.release();
      await run.world.time.advance(400_000);
      expect(run.waiting).toEqual([]);
      expect(run.violations).toEqual([]);
    }),
    propertyOptions(60),
  );
}, 120_000);
