import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type ConsumerHeartbeatResponse } from "../../../src/coordinator/group/consumer/heartbeat.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { propertyOptions } from "../../support/property-options.ts";
import { GroupWorld } from "./group-world.ts";
import { TopicMetadata } from "./topic-metadata.ts";

/*
 * Consumers that follow the protocol, more or less: they lose answers, come late, restart and leave, while topics grow and the
 * log fails. After each step the log, loaded anew, says what is in memory; nobody is told of a partition that another one has;
 * and when all is quiet every partition has an owner.
 */
const topicIds = { t: "dF9fX19fX19fX19fX19fXw", u: "dV9fX19fX19fX19fX19fXw" } as const;
type Topic = keyof typeof topicIds;

const client = fc.integer({ min: 0, max: 3 });
const step = fc.oneof(
  { weight: 30, arbitrary: fc.record({ kind: fc.constant("beat" as const), client, isAnswerLost: seldom() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("join" as const),
      client,
      topics: fc.constantFrom<Topic[]>(["t"], ["t"], ["t", "u"], ["u"], []),
      regex: seldom(),
      isStatic: fc.boolean(),
      assignor: fc.constantFrom(null, "uniform", "range"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("leave" as const, "pause" as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("grow" as const), topic: fc.constantFrom<Topic>("t", "u") }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("advance" as const), ms: fc.constantFrom(500, 5_000, 20_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("fail" as const, "reload" as const, "delete" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function seldom(): fc.Arbitrary<boolean> {
  return fc.integer({ min: 0, max: 7 }).map((drawn) => drawn === 0);
}

interface Client {
  memberId: string;
  readonly index: number;
  isStatic: boolean;
  /** -1: not in the group. */
  epoch: number;
  owned: Map<string, readonly number[]>;
}

class Run {
  readonly world = new GroupWorld();
  readonly topics = new TopicMetadata(this.world);
  readonly clients: Client[] = [0, 1, 2, 3].map((index) => ({
    memberId: `m${index}`,
    index,
    isStatic: false,
    epoch: -1,
    owned: new Map(),
  }));
  readonly #sizes: Record<Topic, number> = { t: 0, u: 0 };
  #answers = 0;
  #requests = 0;

  async start(): Promise<void> {
    await this.world.elect();
    await this.grow("t", 5);
    await this.grow("u", 3);
  }

  get isAllAnswered(): boolean {
    return this.#answers === this.#requests;
  }

  async grow(topic: Topic, by: number): Promise<void> {
    this.#sizes[topic] += by;
    await this.topics.set(topic, topicIds[topic], this.#sizes[topic]);
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    switch (step.kind) {
      case "beat": {
        const one = this.clients[step.client]!;
        if (one.epoch >= 0) await this.beat(one, one.epoch, {}, step.isAnswerLost);
        break;
      }
      case "join": {
        const one = this.clients[step.client]!;
        if (one.epoch === -1) one.isStatic = step.isStatic;
        one.owned = new Map();
        await this.beat(one, 0, {
          rebalanceTimeoutMs: 10_000,
          subscribedTopicNames: step.regex ? [] : [...step.topics],
          subscribedTopicRegex: step.regex ? "t|u" : "",
          serverAssignor: step.assignor,
        });
        break;
      }
      case "leave":
      case "pause": {
        const one = this.clients[step.client]!;
        if (one.epoch < 0) break;
        await this.beat(one, step.kind === "pause" && one.isStatic ? -2 : -1);
        if (step.kind === "pause") one.memberId = `${one.memberId}'`;
        Object.assign(one, { epoch: -1, owned: new Map() });
        break;
      }
      case "grow":
        await this.grow(step.topic, 1);
        break;
      case "advance":
        await world.time.advance(step.ms);
        break;
      case "fail":
        world.log.failNext = Errors.NOT_ENOUGH_REPLICAS;
        break;
      case "reload":
        await world.reload();
        break;
      case "delete":
        await world.groups.deleteGroups(["g"]);
        break;
    }
    await world.time.settle();
  }

  async beat(one: Client, memberEpoch: number, wanted: object = {}, isAnswerLost = false): Promise<void> {
    this.#requests++;
    const request = {
      groupId: "g",
      memberId: one.memberId,
      memberEpoch,
      instanceId: one.isStatic ? `i${one.index}` : null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: [...one.owned].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] })),
      ...wanted,
    };
    const caller = { clientId: "c", clientHost: "/h", newMemberId: "new" };
    const answered = async () => {
      const response = await this.world.groups.consumerHeartbeat(request, 1, caller);
      this.#answers++;
      if (memberEpoch >= 0 && !isAnswerLost) this.#follow(one, response);
    };
    const answer = answered();
    await this.world.time.settle();
    if (this.isAllAnswered) await answer;
  }

  #follow(one: Client, { errorCode, memberEpoch, assignment }: ConsumerHeartbeatResponse): void {
    if (isFencing(errorCode ?? 0)) Object.assign(one, { epoch: -1, owned: new Map() });
    if ((errorCode ?? 0) !== 0) return;
    one.epoch = memberEpoch ?? 0;
    if (assignment === undefined || assignment === null) return;
    one.owned = new Map(
      (assignment.topicPartitions ?? []).map(({ topicId = "", partitions = [] }) => [topicId, partitions]),
    );
  }

  /** Partitions that the coordinator holds two members to be owners of. */
  twice(): string[] {
    const group = this.world.runtime.read(0, (state) => state.consumerGroup("g"));
    const seen = new Set<string>();
    const twice: string[] = [];
    for (const member of (group.ok ? group.response?.members.values() : undefined) ?? []) {
      for (const owned of [member.assigned, member.pendingRevocation]) {
        for (const [topicId, partitions] of owned) {
          for (const partition of partitions.keys()) {
            const name = `${topicId}/${partition}`;
            if (seen.has(name)) twice.push(name);
            seen.add(name);
          }
        }
      }
    }
    return twice;
  }

  /** Heartbeats until nothing changes any more; returns what each topic's partitions are owned by. */
  async settle(): Promise<string[]> {
    for (let round = 0; round < 8; round++) {
      for (const one of this.clients) {
        await this.world.time.advance(2_000);
        if (one.epoch >= 0) await this.beat(one, one.epoch);
        else
          await this.beat(one, 0, {
            rebalanceTimeoutMs: 10_000,
            subscribedTopicNames: ["t", "u"],
            subscribedTopicRegex: "",
          });
      }
    }
    return this.clients.flatMap(({ owned }) =>
      [...owned].flatMap(([topicId, partitions]) => partitions.map((partition) => `${topicId}/${partition}`)),
    );
  }

  /** Everything that somebody is subscribed to. */
  expected(): string[] {
    const group = this.world.runtime.read(0, (state) => state.consumerGroup("g"));
    const topics = (Object.keys(topicIds) as Topic[]).filter(
      (topic) => group.ok && group.response?.isSubscribedTo(topic) === true,
    );
    return topics.flatMap((topic) =>
      Array.from({ length: this.#sizes[topic] }, (_, partition) => `${topicIds[topic]}/${partition}`),
    );
  }
}

function isFencing(error: number): boolean {
  return (
    error === Errors.UNKNOWN_MEMBER_ID || error === Errors.FENCED_MEMBER_EPOCH || error === Errors.GROUP_ID_NOT_FOUND
  );
}

test("whatever consumers do, a partition has one owner, the log tells what is in memory, and all is given out", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 30, maxLength: 90 }), async (steps) => {
      const run = new Run();
      await run.start();
      for (const each of steps) {
        await run.take(each);
        expect(run.twice()).toEqual([]);
        const { loaded, live } = await run.world.compare();
        expect(loaded).toEqual(live);
      }
      // Static members whose answers were lost keep their instances until their sessions are over.
      await run.world.time.advance(60_000);
      for (const one of run.clients) Object.assign(one, { epoch: -1, owned: new Map() });
      const owned = await run.settle();
      expect(run.isAllAnswered).toBe(true);
      expect([...owned].sort()).toEqual(run.expected().sort());
    }),
    propertyOptions(30),
  );
}, 120_000);
