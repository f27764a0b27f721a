import { assignmentOf, ScriptedConsumerGroup, subscriptionTo } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";

const classic = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, protocolType: "consumer" };

/** Which groups with members may go from one protocol to the other. */
function policyScenario(policy: string): Scenario {
  return {
    name: `group-migration-${policy.toLowerCase()}`,
    properties: { "group.consumer.migration.policy": policy, "group.initial.rebalance.delay.ms": "100" },
    async run(s) {
      await s.createTopic("t", 4);
      const group = await ScriptedConsumerGroup.create(s, "g", "t");
      const protocols = [{ name: "range", metadata: subscriptionTo([group.topic]) }];
      const join = (step: string, memberId: string) =>
        group.classic(step, "joinGroup", { ...classic, memberId, protocols });
      const sync = (step: string, memberId: string, generationId: number, partitions: readonly number[]) =>
        group.classic(step, "syncGroup", {
          memberId,
          generationId,
          protocolType: "consumer",
          protocolName: "range",
          assignments: [{ memberId, assignment: assignmentOf(group.topic, partitions) }],
        });

      const first = await group.classicId("first", protocols);
      const { generationId } = await join("a classic member", first);
      await sync("it has all", first, generationId, [0, 1, 2, 3]);
      await group.join("a consumer comes to a classic group", "a", { isOrdered: false });
      await group.describeClassic("as a classic group");
      await group.describe("as a consumer group", false);
      await group.classic("the classic one asks", "heartbeat", { memberId: first, generationId });
      await group.classic("the classic one leaves", "leaveGroup", { members: [{ memberId: first }] });
      await group.join("a consumer comes, and nobody else is there", "a", { isOrdered: false });
      await join("a classic member comes to a consumer group", "old");
      await group.describe("mixed", false);
      await group.beat("the consumer leaves", "a", -1, { isOrdered: false });
      await group.describeClassic("the classic one is left, as a classic group");
      await group.describe("the classic one is left, as a consumer group", false);
      await group.join("a consumer comes back", "b", { isOrdered: false });
      await group.describe("at last", false);
    },
  };
}

/** Written as it may be written. */
export const migrationPolicyScenarios: readonly Scenario[] = ["disabled", "Upgrade", "DOWNGRADE"].map(policyScenario);
