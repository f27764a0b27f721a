import { Errors } from "../../../src/protocol/errors.ts";
import { ScriptedConsumerGroup, subscriptionTo } from "../consumer-group.ts";
import { type Scenario, type Session } from "../session.ts";
import { TransactionalProducer } from "../transactional-producer.ts";

const metadataLengthMax = 10;
const classic = { sessionTimeoutMs: 30_000, rebalanceTimeoutMs: 30_000, protocolType: "consumer" };

/** How many members a group may have, and how much metadata an offset. */
export const groupLimitsScenario: Scenario = {
  name: "group-limits",
  properties: {
    "group.max.size": "3",
    "group.consumer.max.size": "2",
    "offset.metadata.max.bytes": String(metadataLengthMax),
    "group.min.session.timeout.ms": "10000",
    "group.max.session.timeout.ms": "40000",
    // Longer than all members need to come: who comes later waits for those to join again, and is not counted with them.
    "group.initial.rebalance.delay.ms": "20000",
    "transaction.state.log.num.partitions": "5",
  },
  async run(s) {
    const topic = await s.createTopic("t", 4);
    await consumerMembers(s);
    await classicMembers(s, topic);
    await commits(s, topic);
  },
};

async function consumerMembers(s: Session): Promise<void> {
  const group = await ScriptedConsumerGroup.create(s, "consumers", "t");
  await group.join("the first", "a");
  await group.join("the second", "b");
  await group.join("the third is too many", "c");
  await group.join("with an instance, too", "c", { instanceId: "i" });
  await group.join("the second once more", "b");
  const protocols = [{ name: "range", metadata: subscriptionTo([group.topic]) }];
  await group.classic("a classic one is too many", "joinGroup", { ...classic, memberId: "old", protocols });
  await group.beat("one leaves", "a", -1);
  await group.classic("there is room", "joinGroup", { ...classic, memberId: "old", protocols });
  await group.describe("mixed and full");
  for (const names of [200, 2_000]) {
    const subscribedTopicNames = Array.from({ length: names }, (_, index) => s.topic(`none-${index}`));
    const other = await ScriptedConsumerGroup.create(s, `names${names}`, "t");
    await other.join(`subscribed to ${names} names`, "a", { subscribedTopicNames, isLookedAt: false });
  }
  const other = await ScriptedConsumerGroup.create(s, "regex", "t");
  await other.join("a long expression", "a", {
    subscribedTopicNames: null,
    subscribedTopicRegex: "x".repeat(20_000),
    isLookedAt: false,
  });
  await other.join("a long id", "b".repeat(10_000), { isLookedAt: false });
}

async function classicMembers(s: Session, topic: string): Promise<void> {
  const request = {
    ...classic,
    groupId: s.topic("classics"),
    protocols: [{ name: "range", metadata: subscriptionTo([topic]) }],
  };
  for (const sessionTimeoutMs of [9_999, 40_001]) {
    await s.ask(`a session of ${sessionTimeoutMs} ms`, "joinGroup", 9, { ...request, sessionTimeoutMs });
  }
  // Of an old version, which needs no id.
  for (let member = 0; member < 3; member++) {
    const wire = await s.connect(`client-${member}`);
    // Those who still wait are not answered any more when the script is over.
    wire.send("joinGroup", 3, request).catch(() => {});
    await s.until(async () => {
      const { groups } = await s.quietly("describeGroups", 5, { groups: [request.groupId] });
      return groups[0]!.members.length === member + 1;
    });
  }
  const third = await s.quietly("joinGroup", 9, request);
  s.note("a fourth is too many or comes too soon", third.errorCode === Errors.GROUP_MAX_SIZE_REACHED);
  const consumers = { groupId: request.groupId, memberEpoch: 0, rebalanceTimeoutMs: 60_000, topicPartitions: [] };
  await s.ask("a consumer joins more than a consumer group may have", "consumerGroupHeartbeat", 1, {
    ...consumers,
    memberId: "a",
    subscribedTopicNames: [topic],
  });
}

async function commits(s: Session, topic: string): Promise<void> {
  const groupId = s.topic("commits");
  const p = await new TransactionalProducer(s, "p").init(4);
  const lengths = [metadataLengthMax - 1, metadataLengthMax, metadataLengthMax + 1];
  for (const letter of ["x", "\u00e9", "\u{1f98a}"]) {
    for (const length of lengths) {
      const committedMetadata = letter.repeat(length / letter.length);
      const topics = [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: length, committedMetadata }] }];
      const step = `${committedMetadata.length} units of ${letter.codePointAt(0)!.toString(16)}`;
      await s.ask(step, "offsetCommit", 9, { groupId, topics });
      const { transactionalId, producerId, epoch: producerEpoch } = p;
      const transaction = { transactionalId, producerId, producerEpoch };
      await s.ask(`${step} in a transaction`, "txnOffsetCommit", 5, { ...transaction, groupId, topics });
    }
  }
}
