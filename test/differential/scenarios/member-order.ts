import { javaHashOrder, javaStringHash } from "../../../src/base/java-hash.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { ScriptedConsumerGroup, subscriptionTo } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";
import { type Wire } from "../wire.ts";

const memberCount = 30;

/** In which order members are told of: Kafka keeps them in hash maps, whose order lasts as long as the members do. */
export const memberOrderScenario: Scenario = {
  name: "group-member-order",
  async run(s) {
    await s.createTopic("t", 40);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const join = (member: number) =>
      s.quietly("consumerGroupHeartbeat", 1, {
        groupId: group.groupId,
        memberId: `member-${member}`,
        memberEpoch: 0,
        rebalanceTimeoutMs: 60_000,
        subscribedTopicNames: [group.topic],
        topicPartitions: [],
      });
    const leave = (member: number) =>
      s.quietly("consumerGroupHeartbeat", 1, {
        groupId: group.groupId,
        memberId: `member-${member}`,
        memberEpoch: -1,
      });
    for (let member = 0; member < memberCount; member++) {
      await join(member);
      if ([1, 2, 4, 5, 11, memberCount - 1].includes(member)) await group.describe(`${member + 1} members`);
    }
    for (let member = 0; member < memberCount; member += 3) await leave(member);
    await group.describe("some have left");
    for (let member = memberCount; member >= 0; member -= 3) await join(member);
    await group.describe("and come back in another order");
    for (let member = 4; member <= memberCount; member++) await leave(member);
    await group.describe("the map does not shrink");
  },
};

/** The same for classic groups. Ids are handed out at random: it is told whether their order is that of a hash map. */
export const classicMemberOrderScenario: Scenario = {
  name: "group-member-order-classic",
  async run(s) {
    await s.createTopic("t", 4);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const request = {
      groupId: group.groupId,
      sessionTimeoutMs: 30_000,
      rebalanceTimeoutMs: 30_000,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: subscriptionTo([group.topic]) }],
    };
    const ids: string[] = [];
    const wires: Wire[] = [];
    for (let member = 0; member < memberCount; member++) {
      const wire = await s.connect(`client-${member}`);
      wires.push(wire);
      ids.push((await wire.send("joinGroup", 9, request)).memberId);
    }
    const joinAs = (member: number) => wires[member]!.send("joinGroup", 9, { ...request, memberId: ids[member]! });
    // The others wait until the first is back; those that share a bucket stand in the order in which they came.
    await joinAs(0);
    const others: ReturnType<typeof joinAs>[] = [];
    for (let member = 1; member < memberCount; member++) {
      others.push(joinAs(member));
      await s.until(async () => {
        const { groups } = await s.quietly("describeGroups", 6, { groups: [group.groupId] });
        return groups[0]!.members.length > member;
      });
    }
    const answers = await Promise.all([joinAs(0), ...others]);
    const leads = answers.find(({ members }) => members.length > 0);
    const expected = javaHashOrder(ids, javaStringHash);
    const told = (members: readonly { readonly memberId: string }[]) => members.map(({ memberId }) => memberId);
    s.note("the leader hears of all", {
      errors: answers.every(({ errorCode }) => errorCode === Errors.NONE),
      count: leads?.members.length,
      isInOrder: told(leads?.members ?? []).join() === expected.join(),
    });
    const { groups } = await s.quietly("describeGroups", 6, { groups: [group.groupId] });
    s.note("they are described", {
      count: groups[0]!.members.length,
      isInOrder: told(groups[0]!.members).join() === expected.join(),
    });
  },
};
