import { Errors } from "../../../src/protocol/errors.ts";
import { ScriptedConsumerGroup } from "../consumer-group.ts";
import { type Scenario } from "../session.ts";
import { TransactionalProducer } from "../transactional-producer.ts";

/** Members of a consumer group commit their offsets in transactions, with the epoch that they have. */
export const consumerTransactionsScenario: Scenario = {
  name: "consumer-group-transactions",
  async run(s) {
    const topic = await s.createTopic("t", 4);
    const group = await ScriptedConsumerGroup.create(s, "g", "t");
    const p = await new TransactionalProducer(s, "p").init(4);
    const open = () =>
      s.until(async () => {
        const { transactionalId, producerId, epoch: producerEpoch } = p;
        const request = { transactionalId, producerId, producerEpoch, groupId: group.groupId };
        return (await s.quietly("addOffsetsToTxn", 3, request)).errorCode === Errors.NONE;
      });
    let offset = 1;
    const commit = (
      step: string,
      memberId: string,
      generationId: number,
      groupInstanceId: string | null = null,
      on = 0,
    ) =>
      s.ask(step, "txnOffsetCommit", 3, {
        transactionalId: p.transactionalId,
        producerId: p.producerId,
        producerEpoch: p.epoch,
        groupId: group.groupId,
        memberId,
        generationId,
        groupInstanceId,
        topics: [
          { name: topic, partitions: [{ partitionIndex: on, committedOffset: offset++, committedMetadata: "" }] },
        ],
      });
    const look = async (step: string) => {
      for (const requireStable of [false, true]) {
        await s.ask(`${step}, stable ${requireStable}`, "offsetFetch", 9, {
          groups: [
            {
              groupId: group.groupId,
              memberId: null,
              memberEpoch: -1,
              topics: [{ name: topic, partitionIndexes: [0, 1, 2, 3] }],
            },
          ],
          requireStable,
        });
      }
    };
    const end = async (committed: boolean) => {
      const { transactionalId, producerId, epoch: producerEpoch } = p;
      await s.ask("it ends", "endTxn", 4, { transactionalId, producerId, producerEpoch, committed });
      await p.whenComplete();
    };

    await open();
    await commit("nobody is there", "a", 1);
    await group.join("a member", "a");
    await commit("of its epoch", "a", 2);
    await commit("of an epoch before", "a", 1);
    await commit("of an epoch to come", "a", 3);
    await commit("of epoch 0", "a", 0);
    await commit("of no epoch", "a", -1);
    await commit("of nobody", "", -1);
    await commit("of nobody with an epoch", "", 2);
    await commit("of somebody unknown", "x", 2);
    await commit("of somebody unknown without an epoch", "x", -1);
    await commit("with an instance that it has not", "a", 2, "i");
    await commit("of an instance alone", "", -1, "i");
    await look("pending");
    await end(true);
    await look("committed");

    await open();
    await group.beat("the first has it all", "a", 2, { owns: [0, 1, 2, 3] });
    await group.join("a second one", "b");
    await commit("before it hears of that", "a", 2, null, 3);
    await group.beat("it is to give up", "a", 2);
    await commit("while it gives up", "a", 2, null, 3);
    await commit("of the second, which waits", "b", 3, null, 3);
    await group.beat("it has given up", "a", 2, { owns: [0, 1] });
    await commit("of its former epoch, what it keeps", "a", 2, null, 0);
    await commit("of its former epoch, what it gave up", "a", 2, null, 3);
    await commit("of its new epoch, what it gave up", "a", 3, null, 3);
    await group.beat("the second gets it", "b", 3);
    await commit("of the second", "b", 3, null, 3);
    await end(false);
    await look("aborted");

    await group.join("a static one", "s", { instanceId: "i" });
    await open();
    await commit("of the static one", "s", 4, "i", 1);
    await commit("of the static one without its instance", "s", 4, null, 1);
    await group.beat("it pauses", "s", -2, { instanceId: "i" });
    await commit("of a paused one", "s", 4, "i", 1);
    await commit("of a paused one by the pause's epoch", "s", -2, "i", 1);
    await group.beat("the first leaves", "a", -1);
    await commit("of one that has left", "a", 3);
    await end(true);
    await look("at last");
  },
};
