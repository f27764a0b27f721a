import { Errors } from "../../../src/protocol/errors.ts";
import { batch, fetch, from, produce } from "../requests.ts";
import { type Scenario, type Session } from "../session.ts";

/** The id of a new idempotent producer. */
export async function newProducer(s: Session): Promise<number> {
  let producerId = -1;
  await s.until(async () => {
    // Kafka has to fetch its first ids.
    const answer = await s.quietly("initProducerId", 4, { transactionalId: null });
    producerId = answer.producerId;
    return answer.errorCode === Errors.NONE;
  });
  s.note("a producer id", { producerId });
  return producerId;
}

/** Sequence numbers of idempotent producers: repetitions, gaps, epochs, and the end of the numbers. */
export const idempotenceScenario: Scenario = {
  name: "idempotence",
  async run(s) {
    const topic = await s.createTopic("i", 8);
    const producerId = await newProducer(s);
    const send = async (
      step: string,
      sequence: number,
      options: { count?: number; epoch?: number; id?: number; index?: number } = {},
    ) => {
      const { count = 2, epoch = 0, id = producerId, index = 0 } = options;
      const records = batch({ producerId: id, producerEpoch: epoch, baseSequence: sequence, count });
      await s.ask(step, "produce", 9, produce(topic, records, { index }));
    };
    await send("first", 0);
    await send("first again", 0);
    for (let sequence = 2; sequence < 14; sequence += 2) await send(`sequence ${sequence}`, sequence);
    await send("a repetition that is remembered", 10);
    await send("a repetition of the oldest that is remembered", 4);
    await send("a repetition that is forgotten", 2);
    await send("a gap", 20);
    await send("a part of a batch", 12, { count: 1 });
    await send("one record more than before", 12, { count: 3 });
    await send("a new epoch that does not begin at 0", 14, { epoch: 1 });
    await send("a new epoch", 0, { epoch: 1 });
    await send("the old epoch", 14, { epoch: 0 });
    await send("the old epoch, repeated", 12, { epoch: 0 });
    await send("an epoch ahead", 0, { epoch: 9 });
    await send("an unknown producer that begins at 5", 5, { id: producerId + 1_000_000 });
    await send("an unknown producer with an epoch that begins at 5", 5, { id: producerId + 2_000_000, epoch: 3 });
    await send("another partition begins at 0 too", 0, { index: 1 });
    await send("another partition, a gap", 5, { index: 1 });

    await send("near the end of the numbers", 2_147_483_646, { index: 2 });
    await send("over the end", 0, { index: 2 });
    await send("over the end again", 0, { index: 2 });
    await send("a batch that runs over the end", 2_147_483_647, { index: 3, count: 3 });
    await send("behind it", 2, { index: 3 });
    await send("behind it, repeated", 2, { index: 3 });

    await s.ask(
      "a sequence of -1",
      "produce",
      9,
      produce(topic, batch({ producerId, producerEpoch: 0, baseSequence: -1 }), { index: 4 }),
    );
    await s.ask(
      "an epoch of -1",
      "produce",
      9,
      produce(topic, batch({ producerId, producerEpoch: -1, baseSequence: 0 }), { index: 4 }),
    );
    await s.ask(
      "a transactional batch without a transactional id",
      "produce",
      9,
      produce(topic, batch({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }), { index: 5 }),
    );
    await s.ask("two batches of one producer in a request", "produce", 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [
        {
          name: topic,
          partitionData: [
            { index: 6, records: batch({ producerId, producerEpoch: 0, baseSequence: 0 }) },
            { index: 7, records: batch({ producerId, producerEpoch: 0, baseSequence: 0 }) },
          ],
        },
      ],
    });
    await s.ask(
      "a batch that is not transactional, with a transactional id",
      "produce",
      9,
      produce(topic, batch(), { transactionalId: "t", index: 5 }),
    );
    await s.ask(
      "a transactional batch whose transactional id nobody has",
      "produce",
      9,
      produce(topic, batch({ producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true }), {
        transactionalId: "t",
        index: 5,
      }),
    );
    await s.ask("what partition 0 holds", "fetch", 12, fetch([{ topic, partitions: [from(0)] }]));
    await s.ask("what partition 3 holds", "fetch", 12, fetch([{ topic, partitions: [from(0, { partition: 3 })] }]));
  },
};

/** After DeleteRecords a producer goes on, though the log has none of its records. */
export const deletedProducerScenario: Scenario = {
  name: "idempotence-after-delete-records",
  async run(s) {
    const topic = await s.createTopic("i");
    const producerId = await newProducer(s);
    const send = (step: string, baseSequence: number) =>
      s.ask(step, "produce", 9, produce(topic, batch({ producerId, producerEpoch: 0, baseSequence })));
    await send("first", 0);
    await send("second", 1);
    await s.ask("delete all", "deleteRecords", 2, {
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: -1 }] }],
      timeoutMs: 5_000,
    });
    await send("a repetition of what was deleted", 1);
    await send("third", 2);
    await send("a gap", 9);
  },
};

export const initProducerIdScenario: Scenario = {
  name: "init-producer-id",
  async run(s) {
    for (const version of [0, 1, 2, 3, 4, 5])
      await s.ask("new", "initProducerId", version, { transactionalId: null, transactionTimeoutMs: 60_000 });
    const ask = (step: string, body: object) =>
      s.ask(step, "initProducerId", 5, { transactionalId: null, transactionTimeoutMs: 60_000, ...body });
    await ask("an id without an epoch", { producerId: 5 });
    await ask("an epoch without an id", { producerEpoch: 5 });
    await ask("an id and an epoch, no transactional id", { producerId: 5, producerEpoch: 0 });
    await ask("an empty transactional id", { transactionalId: "" });
    await ask("a timeout of 0", { transactionTimeoutMs: 0 });
    await ask("a timeout that is negative", { transactionTimeoutMs: -1 });
    await ask("an id of -2", { producerId: -2, producerEpoch: 0 });
    await ask("an id of -2 and an epoch of -2", { producerId: -2, producerEpoch: -2 });
  },
};
