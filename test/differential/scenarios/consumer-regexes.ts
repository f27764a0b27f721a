import { setTimeout as sleep } from "node:timers/promises";
import { ScriptedConsumerGroup } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";

/** A group's expressions are matched anew at most so often. */
const refreshIntervalMs = 10_500;

/** Several regular expressions in one group, and topics that come later. */
export const consumerRegexesScenario: Scenario = {
  name: "consumer-group-regexes",
  isSlow: true,
  async run(s) {
    await s.createTopic("red-1", 2);
    await s.createTopic("blue-1", 2);
    const group = await ScriptedConsumerGroup.create(s, "g", "red-1");
    const by = (color: string) => ({
      subscribedTopicNames: null,
      subscribedTopicRegex: `${s.topic(color)}-[0-9]+`,
      isLookedAt: false,
    });
    const untilEpoch = (epoch: number) =>
      s.until(async () => {
        const { groups } = await s.quietly("consumerGroupDescribe", 1, { groupIds: [group.groupId] });
        return groups[0]!.groupEpoch >= epoch;
      });
    await group.join("one is for red", "a", by("red"));
    await untilEpoch(2);
    await group.beat("gets red", "a", 1, { isLookedAt: false });
    await group.describe("red");
    await group.join("another is for blue", "b", by("blue"));
    await s.createTopic("green-1", 1);
    await s.createTopic("red-2", 1);
    await group.join("a third is for green", "c", by("green"));
    await group.beat("nobody looks at topics so soon", "a", 2, { isLookedAt: false });
    await group.describe("red alone");
    await sleep(refreshIntervalMs);
    await group.beat("time to look", "b", 2, { isLookedAt: false });
    await untilEpoch(3);
    await group.beat("gets blue", "b", 2, { isLookedAt: false });
    await group.beat("gets green", "c", 2, { isLookedAt: false });
    await group.beat("gets the second red one", "a", 2, { isLookedAt: false });
    await group.describe("red, blue and green");
    await group.beat("one is for blue, too", "a", 3, {
      subscribedTopicRegex: by("blue").subscribedTopicRegex,
      isLookedAt: false,
    });
    await group.describe("two are for blue");
    await group.beat("by expression and by name", "a", 3, { subscribedTopicNames: [group.topic], isLookedAt: false });
    await group.describe("blue and red by name");
    for (const expression of ["", "^$", ".*(", "[", "a{1001}", "\\Q+\\E", "(?P<n>x)", "(?i)RED", "\\d+\\1", "x*+"]) {
      await group.beat(`"${expression}"`, "b", 3, { subscribedTopicRegex: expression, isLookedAt: false });
    }
  },
};
