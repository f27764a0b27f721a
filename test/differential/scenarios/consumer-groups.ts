import { ScriptedConsumerGroup } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";

const away = { rebalanceTimeoutMs: -1 };

export const consumerGroupScenario: Scenario = {
  name: "consumer-group",
  async run(s) {
    await s.createTopic("t", 6);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    await group.describe("nobody is there");
    await group.beat("a heartbeat to a group that is not there", "a", 3);
    await group.beat("leaving a group that is not there", "a", -1);
    await group.join("the first member", "a");
    await group.beat("it has got its partitions", "a", 2, { owns: [0, 1, 2, 3, 4, 5] });
    await group.beat("nothing new", "a", 2);
    await group.describe("one member");
    await group.join("a second one", "b");
    await group.describe("the second waits");
    await group.beat("the second asks again", "b", 3);
    await group.beat("the first is told to give up", "a", 2);
    await group.describe("the first gives up");
    await group.beat("the first still has all", "a", 2, { owns: [0, 1, 2, 3, 4, 5] });
    await group.beat("the first has given up some of it", "a", 2, { owns: [0, 1, 2, 3] });
    await group.beat("the first has given up", "a", 2, { owns: [0, 1, 2] });
    await group.beat("the first has not got the answer", "a", 2, { owns: [0, 1, 2] });
    await group.beat("nor does it know what it had", "a", 2);
    await group.beat("nor does it have that", "a", 2, { owns: [0, 5] });
    await group.beat("the first is behind", "a", 1, { owns: [0, 1, 2] });
    await group.beat("the first is ahead", "a", 9);
    await group.beat("the second gets its own", "b", 3);
    await group.beat("all of it again on a full request", "b", 3, {
      rebalanceTimeoutMs: 60_000,
      subscribedTopicNames: [group.topic],
      owns: [3, 4, 5],
    });
    await group.describe("two members");
    await group.beat("somebody unknown", "c", 3);
    await group.join("the second starts again with epoch 0", "b");
    await group.join("a third one", "c", { rackId: "r", version: 0 });
    await group.beat("the first is told", "a", 3);
    await group.beat("the first has revoked", "a", 3, { owns: [0, 1] });
    await group.beat("the second is told", "b", 3);
    await group.beat("the second has revoked", "b", 3, { owns: [3, 4] });
    await group.beat("the third", "c", 4);
    await group.list("list", { typesFilter: ["consumer"], statesFilter: ["stable", "reconciling"] });
    await s.ask("as a classic group", "describeGroups", 6, { groups: [group.groupId] });
    await s.ask("delete it with members", "deleteGroups", 2, { groupsNames: [group.groupId] });
    await group.beat("the first leaves", "a", -1);
    await group.beat("it has gone", "a", 4);
    await group.beat("the second hears of it", "b", 4);
    await group.beat("the third hears of it", "c", 4);
    await group.beat("the second changes its mind", "b", 5, { subscribedTopicNames: [] });
    await group.beat("the second has nothing any more", "b", 5, { owns: [] });
    await group.beat("the third gets everything", "c", 5);
    await group.describe("one of two is subscribed");
    await group.beat("another assignor", "c", 6, { serverAssignor: "range" });
    await group.describe("the assignor by vote");
    await group.beat("the second leaves", "b", -1);
    await group.beat("the third leaves", "c", -1);
    await group.describe("empty");
    await group.list("list the empty", { typesFilter: ["consumer"], statesFilter: ["empty"] });
    await s.ask("delete it", "deleteGroups", 2, { groupsNames: [group.groupId] });
    await group.look("deleted");
    await group.describe("gone");
  },
};

export const consumerGroupRefusalsScenario: Scenario = {
  name: "consumer-group-refusals",
  async run(s) {
    await s.createTopic("t", 2);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const { topic } = group;
    await group.join("no member id", "");
    await group.join("a blank member id", " ");
    await group.beat("no member id, later", "", 1, { version: 0 });
    await group.beat("no member id, leaving", "", -1, { version: 0 });
    await group.join("no group id", "a", { groupId: "" });
    await group.join("a blank instance", "a", { instanceId: "" });
    await group.join("a blank rack", "a", { rackId: " " });
    await group.join("no rebalance timeout", "a", away);
    await group.join("owns something", "a", { owns: [1] });
    await group.join("says nothing of what it owns", "a", { topicPartitions: null });
    await group.join("no subscription", "a", { subscribedTopicNames: null });
    await group.join("an epoch that there is not", "a", { memberEpoch: -3 });
    await group.beat("pauses without an instance", "a", -2);
    await group.join("an assignor that there is not", "a", { serverAssignor: "sticky" });
    await group.join("an expression that is none", "a", { subscribedTopicRegex: "(" });
    await group.join("a look-ahead", "a", { subscribedTopicRegex: "(?=a)b" });
    await group.join("no topics", "a", { subscribedTopicNames: [] });
    await group.describe("a member without topics");
    await group.join("topics that are not there", "b", { subscribedTopicNames: [s.topic("none"), topic, topic] });
    await group.describe("of two topics one is there");
    await group.beat("an expression that is none, later", "b", 2, { subscribedTopicRegex: "*" });
    await s.ask("describe no group", "consumerGroupDescribe", 0, { groupIds: [""] });
  },
};

export const staticConsumerScenario: Scenario = {
  name: "consumer-group-static",
  async run(s) {
    await s.createTopic("t", 4);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const one = { instanceId: "one" };
    const two = { instanceId: "two" };
    await group.join("the first", "a", one);
    await group.beat("has it", "a", 2, { ...one, owns: [0, 1, 2, 3] });
    await group.join("another with its instance", "b", one);
    await group.beat("a heartbeat of another with its instance", "b", 2, one);
    await group.beat("an instance that there is not", "a", 2, two);
    await group.beat("without its instance", "a", 2);
    await group.beat("it pauses", "a", -2, one);
    await group.describe("paused");
    await group.beat("a paused one is heard of", "a", 2, one);
    await group.beat("pauses again", "a", -2, one);
    await group.join("it comes back as another", "b", one);
    await group.beat("the former one is heard of", "a", 2, one);
    await group.beat("goes on", "b", 2, { ...one, owns: [0, 1, 2, 3] });
    await group.join("the second", "c", two);
    await group.beat("the first gives up", "b", 2, one);
    await group.beat("the first pauses meanwhile", "b", -2, one);
    await group.beat("the second asks", "c", 3, two);
    await group.join("the first comes back under the same id", "b", one);
    await group.beat("the second gets it", "c", 3, two);
    await group.join("the second pauses not, but starts again", "c", two);
    await group.beat("the second leaves", "c", -1, two);
    await group.beat("the first gets all", "b", 3, one);
    await group.beat("the first pauses", "b", -2, one);
    await group.join("it comes back with another subscription", "d", { ...one, subscribedTopicNames: [] });
    await group.describe("without topics");
    await group.beat("leaves by another's id", "b", -1, one);
    await group.beat("leaves", "d", -1, one);
    await group.describe("empty");
  },
};

export const consumerMetadataScenario: Scenario = {
  name: "consumer-group-metadata",
  async run(s) {
    await s.createTopic("t", 2);
    const topic = s.topic("t");
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    await group.join("a member", "a");
    await group.beat("has it", "a", 2, { owns: [0, 1] });
    await s.quietly("createPartitions", 3, {
      topics: [{ name: topic, count: 4, assignments: null }],
      timeoutMs: 10_000,
    });
    await s.until(async () => {
      const { topics } = await s.quietly("metadata", 12, { topics: [{ name: topic }] });
      return topics[0]!.partitions.length === 4;
    });
    await s.untilInForce();
    await group.beat("more partitions", "a", 2);
    await group.beat("nothing new", "a", 3);
    await s.createTopic("later", 1);
    await group.beat("a topic that there will be", "a", 3, { subscribedTopicNames: [topic, s.topic("last")] });
    await s.createTopic("last", 1);
    await s.untilInForce();
    await group.beat("a topic that there is now", "a", 4);
    await s.quietly("deleteTopics", 6, { topics: [{ name: topic }], timeoutMs: 10_000 });
    await s.untilInForce();
    await group.beat("one has gone", "a", 5);
    await group.beat("it was given up", "a", 5, { owns: [] });
    await group.describe("what is left");
  },
};

export const consumerOffsetsScenario: Scenario = {
  name: "consumer-group-offsets",
  async run(s) {
    await s.createTopic("t", 4);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const { groupId, topic } = group;
    const commit = async (step: string, memberId: string, epoch: number, partition = 0, version = 9) => {
      await s.ask(step, "offsetCommit", version, {
        groupId,
        memberId,
        generationIdOrMemberEpoch: epoch,
        topics: [{ name: topic, partitions: [{ partitionIndex: partition, committedOffset: 7 }] }],
      });
      await group.look(step);
    };
    const fetchAs = (step: string, memberId: string | null, memberEpoch: number) =>
      s.ask(step, "offsetFetch", 9, {
        groups: [{ groupId, memberId, memberEpoch, topics: [{ name: topic, partitionIndexes: [0, 3] }] }],
      });
    await commit("before there is a group", "", -1);
    await commit("a member of no group", "a", 1);
    await group.join("a member", "a");
    await commit("nobody", "", -1);
    await commit("somebody", "x", 2);
    await commit("the member", "a", 2);
    await commit("the member in an old version", "a", 2, 0, 8);
    await commit("the member, behind", "a", 1);
    await commit("the member, ahead", "a", 3);
    await group.join("another", "b");
    await group.beat("the first gives up", "a", 2);
    await commit("what is given up", "a", 2, 3);
    await group.beat("the first goes on", "a", 2, { owns: [0, 1] });
    await commit("with the epoch in which it got the partition", "a", 2, 0);
    await commit("a partition that it has no more", "a", 2, 3);
    await group.beat("the second gets its own", "b", 3);
    await commit("the second, behind", "b", 2, 3);
    await commit("the second", "b", 3, 3);
    for (const [memberId, epoch] of [
      [null, -1],
      [null, 3],
      ["a", 3],
      ["a", 2],
      ["x", 3],
      ["", -1],
    ] as const) {
      await fetchAs(`fetched by ${memberId} in ${epoch}`, memberId, epoch);
    }
    await s.ask("offsets of a topic in use are deleted", "offsetDelete", 0, {
      groupId,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0 }] }],
    });
    await group.beat("the first leaves", "a", -1);
    await group.beat("the second leaves", "b", -1);
    await commit("an administrator", "", -1, 1);
    await s.ask("offsets are deleted", "offsetDelete", 0, {
      groupId,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0 }, { partitionIndex: 2 }] }],
    });
    await group.look("offsets are deleted");
    await s.ask("the group is deleted", "deleteGroups", 2, { groupsNames: [groupId] });
    await group.look("the group is deleted", false);
  },
};
