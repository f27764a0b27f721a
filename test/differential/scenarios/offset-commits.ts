import { Errors } from "../../../src/protocol/errors.ts";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { groupBeside } from "../group-partitions.ts";
import { type Scenario, type Session } from "../session.ts";
import { TransactionalProducer } from "../transactional-producer.ts";

interface Position {
  readonly partition?: number;
  readonly offset: number;
  readonly metadata?: string | null;
  readonly epoch?: number;
}

function partitionOf({ partition = 0, offset, metadata = "", epoch = -1 }: Position) {
  return {
    partitionIndex: partition,
    committedOffset: offset,
    committedLeaderEpoch: epoch,
    committedMetadata: metadata,
  };
}

/** A group, a topic, and the requests about them. */
class Committer {
  readonly groupId: string;
  readonly topic: string;
  readonly #session: Session;

  constructor(session: Session, group: string, topic: string) {
    this.#session = session;
    this.groupId = session.topic(group);
    this.topic = topic;
  }

  async untilCoordinated(): Promise<this> {
    const s = this.#session;
    await s.until(async () => {
      const found = await s.quietly("findCoordinator", 4, { keyType: 0, coordinatorKeys: [this.groupId] });
      if (found.coordinators[0]!.errorCode !== Errors.NONE) return false;
      const { groups } = await s.quietly("offsetFetch", 8, { groups: [{ groupId: this.groupId, topics: null }] });
      return groups[0]!.errorCode === Errors.NONE;
    });
    return this;
  }

  plain(positions: readonly Position[], changes: Draft<ApiRequest<"offsetCommit">> = {}) {
    const topics = [{ name: this.topic, partitions: positions.map(partitionOf) }];
    return { groupId: this.groupId, topics, ...changes };
  }

  transactional(
    producer: TransactionalProducer,
    positions: readonly Position[],
    changes: Draft<ApiRequest<"txnOffsetCommit">> = {},
  ): Draft<ApiRequest<"txnOffsetCommit">> {
    const { transactionalId, producerId, epoch } = producer;
    const topics = [{ name: this.topic, partitions: positions.map(partitionOf) }];
    return { transactionalId, producerId, producerEpoch: epoch, groupId: this.groupId, topics, ...changes };
  }

  /** What a reader sees that takes what is there, and one that wants what is decided. */
  async look(step: string): Promise<void> {
    const groups = [
      { groupId: this.groupId, topics: null },
      { groupId: this.groupId, topics: [{ name: this.topic, partitionIndexes: [0, 1, 2] }] },
    ];
    for (const requireStable of [false, true]) {
      const reader = requireStable ? "a careful reader" : "a reader";
      await this.#session.ask(`${step}: ${reader}`, "offsetFetch", 8, { groups, requireStable });
    }
  }

  async untilStable(): Promise<void> {
    const s = this.#session;
    const request = {
      groups: [{ groupId: this.groupId, topics: [{ name: this.topic, partitionIndexes: [0, 1, 2, 3] }] }],
      requireStable: true,
    };
    await s.until(async () => {
      const { groups } = await s.quietly("offsetFetch", 8, request);
      return groups[0]!.topics[0]!.partitions.every(({ errorCode }) => errorCode === Errors.NONE);
    });
  }
}

/** Offsets that count once their transaction commits, and not when it aborts. */
export const transactionalOffsetsScenario: Scenario = {
  name: "offsets-in-transactions",
  async run(s) {
    const topic = await s.createTopic("o", 4);
    const group = await new Committer(s, "g", topic).untilCoordinated();
    const p = await new TransactionalProducer(s, "p").init(4);
    const commit = (
      step: string,
      version: number,
      positions: readonly Position[],
      changes: Draft<ApiRequest<"txnOffsetCommit">> = {},
    ) => s.ask(step, "txnOffsetCommit", version, group.transactional(p, positions, changes));
    const end = async (step: string, committed: boolean) => {
      const { transactionalId, producerId, epoch: producerEpoch } = p;
      await s.ask(step, "endTxn", 4, { transactionalId, producerId, producerEpoch, committed });
      await group.untilStable();
      await group.look(step);
    };
    const addGroup = (groupId = group.groupId) =>
      s.until(async () => {
        const { transactionalId, producerId, epoch: producerEpoch } = p;
        const added = await s.quietly("addOffsetsToTxn", 3, { transactionalId, producerId, producerEpoch, groupId });
        return added.errorCode === Errors.NONE;
      });

    for (const version of [0, 3, 4, 5]) await commit(`before anything is open v${version}`, version, [{ offset: 1 }]);
    // Version 5 has made the partition part of a transaction.
    await end("the first one ends", true);
    for (const version of [0, 2, 3, 4]) await commit(`nothing is open v${version}`, version, [{ offset: 1 }]);
    await s.ask("a plain commit", "offsetCommit", 9, group.plain([{ offset: 5 }, { partition: 1, offset: 6 }]));
    await addGroup();
    await commit("partitions that are not there", 3, [
      { offset: 10, metadata: "m", epoch: 3 },
      { partition: 9, offset: 1 },
    ]);
    await s.ask("a topic that is not there", "txnOffsetCommit", 3, {
      ...group.transactional(p, []),
      topics: [{ name: s.topic("none"), partitions: [partitionOf({ offset: 1 })] }],
    });
    await commit("no topics", 3, [], { topics: [] });
    await commit("large metadata", 3, [
      { partition: 1, offset: 11, metadata: "x".repeat(4_097) },
      { partition: 2, offset: 12, metadata: null },
    ]);
    await commit("an empty group", 3, [{ offset: 1 }], { groupId: "" });
    // Of what the transaction's coordinator and the group's have to say, the first error counts.
    for (const isTogether of [true, false]) {
      const place = isTogether ? "in a partition of the transaction" : "in a partition that it does not have";
      const groupId = await groupBeside(s, "missing", group.groupId, { isTogether });
      await commit(`a generation of no group ${place}`, 3, [{ offset: 1 }], { groupId, generationId: 1 });
    }
    await commit("a generation of an empty group", 3, [{ offset: 1 }], { generationId: 1, memberId: "m" });
    await commit("a member of an empty group, no generation", 3, [{ offset: 1 }], { memberId: "m" });
    await commit("an instance of an empty group, no generation", 3, [{ offset: 1 }], { groupInstanceId: "i" });
    await commit("an older epoch", 3, [{ offset: 1 }], { producerEpoch: p.epoch - 1 });
    await commit("a newer epoch", 3, [{ offset: 1 }], { producerEpoch: p.epoch + 1 });
    await commit("another producer", 3, [{ offset: 1 }], { producerId: p.producerId + 1_000_000 });
    await commit("another id", 3, [{ partition: 3, offset: 1 }], { transactionalId: s.topic("nobody") });
    await group.look("pending");
    await end("a commit", true);

    await addGroup();
    await commit("for an abort", 3, [{ offset: 20 }]);
    await end("an abort", false);
    await commit("after its end", 3, [{ offset: 21 }]);

    await addGroup();
    await commit("before a plain commit", 3, [{ offset: 30 }]);
    await s.ask("a plain commit while one is pending", "offsetCommit", 9, group.plain([{ offset: 31 }]));
    await group.look("a plain commit while one is pending");
    await end("the plain commit came later", true);
    await addGroup();
    await s.ask("a plain commit first", "offsetCommit", 9, group.plain([{ offset: 40 }]));
    await commit("after a plain commit", 3, [{ offset: 41 }]);
    await commit("and again", 3, [{ offset: 42 }]);
    await end("the pending one came later", true);

    await addGroup();
    await commit("to be deleted", 3, [{ offset: 50 }, { partition: 1, offset: 51 }]);
    const partitions = [0, 2, 3].map((partitionIndex) => ({ partitionIndex }));
    await s.ask("offsets are deleted", "offsetDelete", 0, {
      groupId: group.groupId,
      topics: [{ name: topic, partitions }],
    });
    await group.look("offsets are deleted");
    await end("the transaction of deleted ones", true);

    const doomed = new Committer(s, "doomed", topic);
    await addGroup(doomed.groupId);
    await s.ask("a group of pending offsets", "txnOffsetCommit", 3, doomed.transactional(p, [{ offset: 60 }]));
    await s.ask("it is described", "describeGroups", 6, { groups: [doomed.groupId] });
    await s.ask("it is deleted", "deleteGroups", 2, { groupsNames: [doomed.groupId] });
    await doomed.look("it is deleted");
    await end("its transaction", true);
    await doomed.look("its transaction");
  },
};
