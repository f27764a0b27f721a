import { zeroUuid } from "../../../src/base/uuid.ts";
import { Errors } from "../../../src/protocol/errors.ts";
import { type Scenario } from "../session.ts";
import { TransactionalProducer } from "../transactional-producer.ts";

const partition = (partitionIndex: number, committedOffset: number, committedMetadata: string | null = "") => ({
  partitionIndex,
  committedOffset,
  committedMetadata,
});

/** Commits and fetches of offsets that no client of good manners would send. */
export const oddCommitsScenario: Scenario = {
  name: "offsets-odd-requests",
  async run(s) {
    const topic = await s.createTopic("o", 3);
    const groupId = s.topic("group");
    const odd = s.topic("gr\u00fc\u00dfe \u{1f98a} \0 %$/\\\"'");
    for (const id of [groupId, odd, ""]) {
      await s.until(async () => {
        const found = await s.quietly("findCoordinator", 4, { keyType: 0, coordinatorKeys: [id] });
        if (found.coordinators[0]!.errorCode !== Errors.NONE) return false;
        const { groups } = await s.quietly("offsetFetch", 8, { groups: [{ groupId: id, topics: null }] });
        return groups[0]!.errorCode === Errors.NONE;
      });
    }
    const commit = (step: string, ...partitions: ReturnType<typeof partition>[]) =>
      s.ask(step, "offsetCommit", 9, { groupId, topics: [{ name: topic, partitions }] });
    const look = (step: string, id = groupId) =>
      s.ask(step, "offsetFetch", 8, { groups: [{ groupId: id, topics: null }], requireStable: true });

    await commit("negative partition", partition(-1, 1));
    await commit("negative offset", partition(0, -5));
    await commit("the largest offset", partition(1, 2 ** 53 - 1));
    await look("after odd offsets");
    await commit("as much metadata as may be", partition(0, 1, "\u00e9".repeat(4_096)));
    await commit("one more", partition(0, 2, "\u00e9".repeat(4_097)));
    await commit("a partition twice", partition(0, 3), partition(0, 4));
    await look("after a partition twice");
    await s.ask("a topic twice", "offsetCommit", 9, {
      groupId,
      topics: [
        { name: topic, partitions: [partition(0, 5)] },
        { name: s.topic("none"), partitions: [partition(0, 5)] },
        { name: topic, partitions: [partition(1, 6), partition(8, 6)] },
      ],
    });
    await s.ask("a topic without partitions", "offsetCommit", 9, {
      groupId,
      topics: [{ name: topic, partitions: [] }],
    });
    await s.ask("no topic name", "offsetCommit", 9, { groupId, topics: [{ name: "", partitions: [partition(0, 1)] }] });
    await s.ask("the zero id", "offsetCommit", 10, {
      groupId,
      topics: [{ topicId: zeroUuid, partitions: [partition(0, 1)] }],
    });
    await s.ask("an epoch of -7", "offsetCommit", 9, {
      groupId,
      topics: [{ name: topic, partitions: [{ ...partition(2, 7), committedLeaderEpoch: -7 }] }],
    });
    await look("after odd epochs");
    const odds = { groupId: odd, topics: [{ name: topic, partitions: [partition(0, 8)] }] };
    await s.ask("a group with odd characters", "offsetCommit", 9, odds);
    await look("of odd characters", odd);
    await s.ask("it is described", "describeGroups", 6, { groups: [odd] });
    for (const generation of [-2, 0, 5, 2 ** 31 - 1]) {
      await s.ask(`generation ${generation} of an empty group`, "offsetCommit", 9, {
        groupId,
        generationIdOrMemberEpoch: generation,
        topics: [{ name: topic, partitions: [partition(0, 9)] }],
      });
    }
    await s.ask("an instance of an empty group", "offsetCommit", 9, {
      groupId,
      groupInstanceId: "i",
      topics: [{ name: topic, partitions: [partition(0, 10)] }],
    });

    const topics = [{ name: topic, partitionIndexes: [0, -1, 0, 99] }];
    await s.ask("fetch odd partitions", "offsetFetch", 8, { groups: [{ groupId, topics }] });
    await s.ask("fetch a group twice", "offsetFetch", 8, {
      groups: [
        { groupId, topics },
        { groupId, topics: [] },
        { groupId, topics: [...topics, ...topics] },
      ],
    });
    await s.ask("fetch no groups", "offsetFetch", 8, { groups: [] });
    for (const [memberId, memberEpoch] of [
      ["m", 5],
      [null, 5],
      ["", -1],
    ] as const) {
      await s.ask(`fetch as ${memberId} in ${memberEpoch}`, "offsetFetch", 9, {
        groups: [{ groupId, memberId, memberEpoch, topics }],
      });
    }
    await s.ask("fetch by the zero id", "offsetFetch", 10, {
      groups: [{ groupId, topics: [{ topicId: zeroUuid, partitionIndexes: [0] }] }],
    });
    await s.ask("delete a partition twice", "offsetDelete", 0, {
      groupId,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0 }, { partitionIndex: 0 }, { partitionIndex: -1 }] }],
    });
    await look("after a partition was deleted twice");

    const p = await new TransactionalProducer(s, "p").init(4);
    const { transactionalId, producerId, epoch: producerEpoch } = p;
    const whole = {
      transactionalId,
      producerId,
      producerEpoch,
      groupId,
      topics: [{ name: topic, partitions: [partition(1, 20), partition(1, 21), partition(-1, 22)] }],
    };
    for (const version of [3, 5]) {
      await s.ask(`no id v${version}`, "txnOffsetCommit", version, { ...whole, transactionalId: "" });
      await s.ask(`no producer v${version}`, "txnOffsetCommit", version, { ...whole, producerId: -1 });
      await s.ask(`no epoch v${version}`, "txnOffsetCommit", version, { ...whole, producerEpoch: -1 });
      await s.ask(`neither v${version}`, "txnOffsetCommit", version, { ...whole, producerId: -1, producerEpoch: -1 });
    }
    await s.ask("a partition twice in a transaction", "txnOffsetCommit", 5, whole);
    await s.ask("a group with odd characters in a transaction", "txnOffsetCommit", 5, { ...whole, groupId: odd });
    const ended = await s.ask("the end", "endTxn", 4, { transactionalId, producerId, producerEpoch, committed: true });
    if (ended.errorCode === Errors.NONE) await p.whenComplete();
    await look("after the end");
    await look("after the end, of odd characters", odd);
    await s.ask("groups are deleted", "deleteGroups", 2, { groupsNames: [odd, groupId, odd, "\0"] });
  },
};
