import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { assignmentOf, ScriptedConsumerGroup, subscriptionTo } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";

const timeouts = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, protocolType: "consumer" };

/** What a classic member asks of the group, whichever protocol that has. */
class ClassicMember {
  readonly memberId: string;
  readonly #group: ScriptedConsumerGroup;

  constructor(group: ScriptedConsumerGroup, memberId: string) {
    this.#group = group;
    this.memberId = memberId;
  }

  join(step: string, owned: readonly number[] = [], changes: Draft<ApiRequest<"joinGroup">> = {}) {
    const protocols = [{ name: "range", metadata: subscriptionTo([this.#group.topic], owned) }];
    return this.#group.classic(step, "joinGroup", { ...timeouts, memberId: this.memberId, protocols, ...changes });
  }

  sync(step: string, generationId: number, changes: Draft<ApiRequest<"syncGroup">> = {}) {
    const names = { protocolType: "consumer", protocolName: "range" };
    return this.#group.classic(step, "syncGroup", { memberId: this.memberId, generationId, ...names, ...changes });
  }

  beat(step: string, generationId: number, changes: Draft<ApiRequest<"heartbeat">> = {}) {
    return this.#group.classic(step, "heartbeat", { memberId: this.memberId, generationId, ...changes });
  }
}

export const mixedGroupScenario: Scenario = {
  name: "consumer-group-mixed",
  async run(s) {
    await s.createTopic("t", 4);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const protocols = [{ name: "range", metadata: subscriptionTo([group.topic]) }];
    await group.join("a consumer member", "a");
    const first = await group.classicId("first", protocols);
    s.note("an id is handed out", first);
    // A consumer group takes ids that it has not handed out.
    const old = new ClassicMember(group, "old");
    await old.join("a classic member joins");
    await old.sync("it gets nothing yet", 3);
    await old.beat("it waits", 3);
    await group.beat("the consumer gives up", "a", 2);
    await group.beat("the consumer has given up", "a", 2, { owns: [0, 1] });
    await old.beat("there is something to get", 3);
    await old.join("it joins again");
    await old.sync("it gets it", 3);
    await old.beat("all is well", 3);
    await group.describe("a mixed group");
    await old.beat("a generation of before", 2);
    await old.beat("an instance that it has not", 3, { groupInstanceId: "i" });
    await old.sync("another protocol", 3, { protocolName: "sticky" });
    await old.sync("another type", 3, { protocolType: "connect" });
    await old.sync("a generation to come", 4);
    await old.beat("as the consumer member", 3, { memberId: "a" });
    await old.join("no common protocol", [], { protocols: [{ name: "other", metadata: protocols[0]!.metadata }] });
    await old.join("another type joins", [], { protocolType: "connect" });
    await group.join("a second consumer", "b");
    await old.beat("the classic one is to join again", 3);
    await old.sync("it is told so", 3);
    await old.join("it joins with what it has", [2, 3]);
    await old.beat("it is to give up", 3);
    await old.join("it has given up", [2]);
    await old.sync("it has less now", 4);
    await group.beat("the second consumer gets it", "b", 4);
    await group.classic("leave by the wrong instance", "leaveGroup", {
      members: [{ memberId: "b", groupInstanceId: "i" }],
    });
    await group.classic("an administrator takes a consumer out", "leaveGroup", {
      members: [{ memberId: "b" }, { memberId: "nobody" }],
    });
    // The tombstones stand in the order of a hash map.
    await group.beat("the last consumer leaves", "a", -1, { isOrdered: false });
    await group.describe("a classic group now");
    await old.beat("it is told to join", 5);
    await old.join("it joins the classic group");
    const assignments = [{ memberId: old.memberId, assignment: assignmentOf(group.topic, [0, 1, 2, 3]) }];
    await old.sync("it leads", 6, { assignments });
    await old.beat("stable", 6);
    await group.join("a consumer comes back", "c");
    await group.describe("a consumer group again");
    await old.beat("it is to join once more", 6);
    await old.join("it joins", [0, 1, 2, 3]);
    await old.join("it joins having given up", [0, 1]);
    await old.sync("half of it", 7);
    await group.beat("the consumer has its half", "c", 7);
    await group.classic("the classic one leaves", "leaveGroup", {
      members: [{ memberId: old.memberId, reason: "done" }],
    });
    await group.beat("all of it", "c", 7);
    await group.beat("the consumer leaves", "c", -1);
    const last = await group.classicId("last", protocols);
    await new ClassicMember(group, last).join("it is a classic group");
  },
};

export const replacedConsumerScenario: Scenario = {
  name: "consumer-group-replaced",
  async run(s) {
    await s.createTopic("t", 4);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    await group.join("a static consumer", "a", { instanceId: "i" });
    await new ClassicMember(group, "old").join("a classic member");
    const joined = await s.quietly("joinGroup", 9, {
      ...timeouts,
      groupId: group.groupId,
      groupInstanceId: "i",
      protocols: [{ name: "range", metadata: subscriptionTo([group.topic], [0, 1, 2, 3]) }],
    });
    s.names.set(joined.memberId, "<static>");
    s.note("a classic member takes the static one's place", joined);
    // Its members stand in the order of their ids' hashes.
    await group.look("a classic member takes the static one's place", false);
    await group.describe("all are classic ones");
    await group.beat("the static consumer is heard of", "a", 2, { instanceId: "i" });
    await group.describeClassic("as a classic group");
  },
};

export const consumerRegexScenario: Scenario = {
  name: "consumer-group-regex",
  async run(s) {
    await s.createTopic("t-1", 2);
    const group = await ScriptedConsumerGroup.create(s, "g", "t-1");
    const regex = `${s.topic("t")}-[0-9]+`;
    const byRegex = { subscribedTopicNames: null, subscribedTopicRegex: regex };
    await group.join("a member", "a", { ...byRegex, isLookedAt: false });
    await s.until(async () => {
      const { groups } = await s.quietly("consumerGroupDescribe", 1, { groupIds: [group.groupId] });
      return groups[0]!.groupEpoch === 2;
    });
    await group.look("the expression is resolved");
    await group.beat("gets the topic", "a", 1);
    await group.join("another with the same expression", "b", byRegex);
    await group.beat("the first gives up", "a", 2, { owns: [0] });
    await group.beat("the first goes on", "a", 2, { owns: [0] });
    await group.beat("the second gets it", "b", 3);
    await group.beat("the second takes names", "b", 3, {
      subscribedTopicRegex: "",
      subscribedTopicNames: [group.topic],
    });
    await group.describe("one by name, one by expression");
    await group.beat("the first leaves", "a", -1);
    await group.beat("the second has all", "b", 4);
  },
};
