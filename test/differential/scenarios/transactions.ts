import { setTimeout as sleep } from "node:timers/promises";
import { compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { batch, fetch, from, produce, startMs } from "../requests.ts";
import { type Scenario, type Session } from "../session.ts";
import { TransactionalProducer } from "../transactional-producer.ts";

/** What partitions tell of producers, and what is in them. */
async function look(s: Session, step: string, topic: string, partitions: readonly number[] = [0]): Promise<void> {
  await s.ask(`${step}: producers`, "describeProducers", 0, {
    topics: [{ name: topic, partitionIndexes: [...partitions] }],
  });
  const positions = partitions.map((partition) => from(0, { partition }));
  await s.ask(`${step}: records`, "fetch", 12, fetch([{ topic, partitions: positions }], { isolationLevel: 1 }));
}

/** Which transactional batches a partition takes before its coordinator has been asked, and after (KIP-890). */
export const verificationScenario: Scenario = {
  name: "transactions-verification",
  async run(s) {
    const topic = await s.createTopic("v", 8);
    const p = await new TransactionalProducer(s, "p").init(4);
    for (const version of [9, 10, 11, 12]) {
      await s.ask("an id that nobody has", "produce", version, {
        ...p.request(topic, 0),
        transactionalId: s.topic("nobody"),
      });
    }
    for (const version of [11, 12]) {
      await s.ask("an empty id", "produce", version, { ...p.request(topic, 0), transactionalId: "" });
    }
    for (const version of [11, 12]) {
      const nobody = { producerId: -1, producerEpoch: -1, index: 7 };
      await s.ask("a batch without a producer", "produce", version, p.request(topic, -1, nobody));
    }
    for (const version of [9, 11]) await s.ask("nothing is open", "produce", version, p.request(topic, 0));
    await p.add(topic, 0);
    for (const version of [9, 10, 11]) {
      await s.ask("a partition that was not added", "produce", version, p.request(topic, 0, { index: 1 }));
    }
    await s.ask("the first batch begins at 1", "produce", 9, p.request(topic, 1, { index: 0 }));
    await s.ask("an older epoch", "produce", 9, p.request(topic, 0, { producerEpoch: -1 }));
    await s.ask("a newer epoch", "produce", 9, p.request(topic, 0, { producerEpoch: 5 }));
    await s.ask("another producer id", "produce", 9, p.request(topic, 0, { producerId: p.producerId + 1_000_000 }));
    await s.ask("the first batch", "produce", 9, p.request(topic, 2));
    await s.ask("the second", "produce", 9, p.request(topic, 3));
    await s.ask("the second again", "produce", 9, p.request(topic, 3));
    await s.ask("a gap", "produce", 9, p.request(topic, 9));
    await s.ask("another epoch in the middle", "produce", 9, p.request(topic, 0, { producerEpoch: 5 }));
    const outside = { producerId: p.producerId, producerEpoch: p.epoch, baseSequence: 4 };
    await s.ask("a batch outside of the transaction", "produce", 9, produce(topic, batch(outside)));
    await s.ask("the same with the id", "produce", 9, {
      ...produce(topic, batch(outside), { transactionalId: p.transactionalId }),
    });
    await look(s, "while it is open", topic, [0, 1, 7]);
    await p.end(false);
    await look(s, "after the end", topic);
    for (const version of [9, 11]) await s.ask("a late batch", "produce", version, p.request(topic, 4));
    await s.ask("a late repetition", "produce", 9, p.request(topic, 3));
    await s.ask("outside of any transaction", "produce", 9, produce(topic, batch(outside)));
    await p.add(topic, 0, 1);
    await s.ask("the next transaction goes on", "produce", 11, p.request(topic, 5));
    await s.ask("acks 1", "produce", 9, p.request(topic, 6, { acks: 1 }));
    await s.ask("acks 2", "produce", 9, p.request(topic, 7, { acks: 2 }));
    await s.ask("acks 2 where verification fails", "produce", 9, p.request(topic, 0, { acks: 2, index: 2 }));
    await s.ask("a partition that is not there", "produce", 9, p.request(topic, 0, { index: 77 }));
    await s.ask("a topic that is not there", "produce", 9, p.request(s.topic("none"), 0));
    await s.ask("an internal topic", "produce", 9, p.request("__transaction_state", 0));
    const compressed = await compressBatch(p.records(0, { count: 3 }), "gzip", nodeCompute);
    await s.ask("a compressed batch", "produce", 9, {
      ...produce(topic, compressed, { index: 1, transactionalId: p.transactionalId }),
    });
    await p.end(true);
    await look(s, "at the end", topic, [0, 1]);
  },
};

/** Partitions that are added by their first batch, and an epoch for each transaction (KIP-890, transaction.version 2). */
export const implicitScenario: Scenario = {
  name: "transactions-implicit",
  async run(s) {
    const topic = await s.createTopic("i", 6);
    const id = s.idOf("i");
    const p = await new TransactionalProducer(s, "p").init();
    await s.ask("begins at 3", "produce", 12, p.request(topic, 3));
    await s.ask("begins at 0", "produce", 12, p.request(topic, 0));
    await s.ask("goes on", "produce", 12, p.request(topic, 1, { count: 2 }));
    await s.ask("by id", "produce", 13, p.requestById(id, 0, { index: 1 }));
    await s.ask("an id that is not there", "produce", 13, p.requestById("AAAAAAAAAAAAAAAAAAAABQ", 0));
    await s.ask("an older client, the same partition", "produce", 11, p.request(topic, 3));
    await s.ask("an older client, another partition", "produce", 11, p.request(topic, 0, { index: 2 }));
    await s.ask("two partitions, one of them new", "produce", 12, {
      acks: -1,
      timeoutMs: 10_000,
      transactionalId: p.transactionalId,
      topicData: [
        {
          name: topic,
          partitionData: [
            { index: 0, records: p.records(4) },
            { index: 3, records: p.records(0) },
            { index: 4, records: batch() },
            { index: 99, records: p.records(0) },
          ],
        },
      ],
    });
    const several = (other: { producerId?: number; producerEpoch?: number }) => ({
      acks: -1,
      timeoutMs: 10_000,
      transactionalId: p.transactionalId,
      topicData: [
        {
          name: topic,
          partitionData: [
            { index: 4, records: p.records(0) },
            { index: 5, records: p.records(0, other) },
          ],
        },
      ],
    });
    await s.ask("two producers in a request", "produce", 12, several({ producerId: p.producerId + 1_000_000 }));
    await s.ask("two epochs in a request", "produce", 12, several({ producerEpoch: p.epoch + 1 }));
    await look(s, "while it is open", topic, [0, 1, 2, 3, 4, 5]);
    const late = p.request(topic, 5);
    const lateElsewhere = p.request(topic, 0, { index: 5 });
    await p.end(true, 5);
    for (const version of [11, 12]) {
      await s.ask("late, of the old epoch", "produce", version, late);
      await s.ask("late, to a new partition", "produce", version, lateElsewhere);
    }
    await look(s, "committed", topic, [0, 1, 3]);
    await s.ask("the new epoch begins at 5", "produce", 12, p.request(topic, 5));
    await s.ask("the new epoch begins at 0", "produce", 12, p.request(topic, 0));
    await s.ask("a new partition begins at 4", "produce", 12, p.request(topic, 4, { index: 5 }));
    await s.ask("a new partition begins at 0", "produce", 12, p.request(topic, 0, { index: 5 }));
    await s.ask("an epoch ahead", "produce", 12, p.request(topic, 0, { producerEpoch: p.epoch + 1 }));
    await p.end(false, 5);
    await p.send(topic, 0, {}, 12);
    const unknowing = p.request(topic, 1);
    // A zombie of the same id is fenced.
    await p.init(5);
    await s.ask("of a fenced producer", "produce", 12, unknowing);
    await s.ask("of a fenced producer, an older client", "produce", 11, unknowing);
    await look(s, "at the end", topic, [0, 5]);
  },
};

interface MarkerOptions {
  readonly epoch?: number;
  readonly coordinatorEpoch?: number;
  readonly commit?: boolean;
  readonly transactionVersion?: number;
  readonly topics?: { readonly name: string; readonly partitionIndexes: number[] }[];
}

/** Markers as coordinators send them: which are refused, and what they leave behind. */
export const markersScenario: Scenario = {
  name: "transactions-markers",
  async run(s) {
    const topic = await s.createTopic("m", 4);
    const p = await new TransactionalProducer(s, "p").init(4);
    const other = await new TransactionalProducer(s, "other").init(4);
    const marker = (options: MarkerOptions = {}, producerId = p.producerId) => ({
      producerId,
      producerEpoch: options.epoch ?? 0,
      transactionResult: options.commit ?? true,
      coordinatorEpoch: options.coordinatorEpoch ?? 0,
      transactionVersion: options.transactionVersion ?? 0,
      topics: options.topics ?? [{ name: topic, partitionIndexes: [0] }],
    });
    const write = (step: string, options: MarkerOptions = {}, version = 2) =>
      s.ask(step, "writeTxnMarkers", version, { markers: [marker(options)] });
    await s.ask("none", "writeTxnMarkers", 1, { markers: [] });
    await write("a topic that is not there", { topics: [{ name: s.topic("none"), partitionIndexes: [0, 1] }] });
    await write("good and bad", { topics: [{ name: topic, partitionIndexes: [0, 9] }] }, 1);
    await write("no partitions", { topics: [{ name: topic, partitionIndexes: [] }] });
    await write("no topics", { topics: [] });
    await look(s, "without a transaction", topic);
    await write("the same again", { transactionVersion: 2 });
    await write("the same again, version 1", {}, 1);
    await write("an older epoch", { epoch: -1 });
    await write("an older epoch, bumped", { epoch: -1, transactionVersion: 2 });
    await write("a newer coordinator", { coordinatorEpoch: 3 });
    await write("an older coordinator", { coordinatorEpoch: 2 });
    await write("a newer epoch", { epoch: 2, coordinatorEpoch: 3, commit: false });
    await write("the epoch before it", { epoch: 1, coordinatorEpoch: 3 });
    await look(s, "of markers alone", topic);
    await s.ask("several", "writeTxnMarkers", 2, {
      markers: [
        marker({ topics: [{ name: topic, partitionIndexes: [1] }] }),
        marker({ topics: [{ name: topic, partitionIndexes: [2, 1] }], commit: false }),
        marker({ topics: [{ name: topic, partitionIndexes: [1] }] }, other.producerId),
      ],
    });

    await other.add(topic, 3);
    await other.send(topic, 0, { index: 3 });
    const on3 = [{ name: topic, partitionIndexes: [3] }];
    const end = (step: string, options: MarkerOptions, version = 2) =>
      s.ask(step, "writeTxnMarkers", version, { markers: [marker({ topics: on3, ...options }, other.producerId)] });
    await end("not bumped", { transactionVersion: 2 });
    await look(s, "still open", topic, [3]);
    await end("an older coordinator than any", { coordinatorEpoch: -1 });
    await end("bumped", { transactionVersion: 2, epoch: 1, commit: false });
    await look(s, "aborted", topic, [3]);
    await end("the same once more", { transactionVersion: 2, epoch: 1, commit: false });
    await s.ask("the producer does not know yet", "produce", 9, other.request(topic, 1, { index: 3 }));
    await end("of the old epoch", { transactionVersion: 2 });
    await end("of the old epoch, as before", {}, 1);
    await look(s, "at the end", topic, [0, 1, 2, 3]);
    await s.ask("what is not there", "describeProducers", 0, {
      topics: [
        { name: s.topic("none"), partitionIndexes: [0, 1] },
        { name: topic, partitionIndexes: [0, 9, -1, 0] },
        { name: "bad name", partitionIndexes: [0] },
        { name: "", partitionIndexes: [] },
        { name: "__transaction_state", partitionIndexes: [0] },
      ],
    });
  },
};

/** What readers of committed records get: aborted transactions, the last stable offset, over several segments. */
export const readCommittedScenario: Scenario = {
  name: "transactions-read-committed",
  async run(s) {
    // Each marker starts a segment, since its time is years behind the records'.
    const topic = await s.createTopic("c", 2, { "segment.ms": "3600000" });
    const [a, b, c] = await Promise.all(["a", "b", "c"].map((name) => new TransactionalProducer(s, name).init(4)));
    const read = (step: string, offset: number, version = 12, options = {}) =>
      s.ask(step, "fetch", version, fetch([{ topic, partitions: [from(offset, options)] }], { isolationLevel: 1 }));
    const times = [
      ["latest", -1],
      ["earliest", -2],
      ["largest", -3],
      ["by time", startMs],
      ["later", startMs + 500_000],
    ] as const;
    const ends = async (step: string) => {
      for (const isolationLevel of [0, 1]) {
        for (const [name, timestamp] of times) {
          await s.ask(`${step}: ${name}, isolation ${isolationLevel}`, "listOffsets", 7, {
            replicaId: -1,
            isolationLevel,
            topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp }] }],
          });
        }
      }
    };
    await s.quietly("produce", 9, produce(topic, batch({ count: 3 })));
    await a!.add(topic, 0);
    await b!.add(topic, 0);
    await c!.add(topic, 0);
    await a!.send(topic, 0, { count: 2 });
    await b!.send(topic, 0, { count: 2 });
    await s.quietly("produce", 9, produce(topic, batch({ timestamp: startMs + 500_000 })));
    await c!.send(topic, 0);
    await read("all three are open", 0);
    await ends("all three are open");
    await b!.end(false);
    await read("the second is aborted", 0);
    await a!.send(topic, 2);
    await a!.end(false);
    await read("the first too", 0);
    await ends("the first too");
    await c!.end(true);
    for (const version of [4, 5, 11, 12]) await read("all have ended", 0, version);
    await ends("all have ended");
    for (const offset of [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]) await read(`from ${offset}`, offset);
    const position = (offset: number, limit: number) => from(offset, { partitionMaxBytes: limit });
    for (const version of [13, 17]) {
      const topicId = s.idOf("c");
      const topics = [{ topicId, partitions: [position(0, 300)] }];
      await s.ask("a few records", "fetch", version, fetch(topics, { isolationLevel: 1 }));
    }
    await s.ask("uncommitted", "fetch", 12, fetch([{ topic, partitions: [from(0)] }]));
    await s.ask("by id", "fetch", 16, fetch([{ topicId: s.idOf("c"), partitions: [from(5)] }], { isolationLevel: 1 }));

    await a!.add(topic, 0);
    await a!.send(topic, 3, { count: 4 });
    const deleteBefore = (offset: number) =>
      s.ask(`delete before ${offset}`, "deleteRecords", 2, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset }] }],
        timeoutMs: 5_000,
      });
    await deleteBefore(6);
    await read("what is left", 6);
    await deleteBefore(14);
    await read("the beginning of a transaction is gone", 14);
    await ends("the beginning of a transaction is gone");
    await look(s, "the beginning of a transaction is gone", topic);
    await a!.end(false);
    await read("and it is aborted", 14);
    await deleteBefore(-1);
    await ends("nothing is left");
  },
};

/** A fetch of committed records waits for the end of a transaction, not for its records. */
export const committedWaitScenario: Scenario = {
  name: "transactions-waiting",
  async run(s) {
    const topic = await s.createTopic("w");
    const p = await new TransactionalProducer(s, "p").init(4);
    const reader = await s.connect();
    const timed = async (step: string, offset: number, waitMs: number, meanwhile: () => Promise<void>) => {
      const startedMs = performance.now();
      const body = fetch([{ topic, partitions: [from(offset)] }], { isolationLevel: 1, maxWaitMs: waitMs });
      const answer = reader.send("fetch", 12, body);
      await sleep(100);
      await meanwhile();
      const got = await answer;
      const when = performance.now() - startedMs < 0.95 * waitMs ? "when woken" : "when time was up";
      s.note(step, { when, got }, true);
    };
    await p.add(topic, 0);
    await timed("records of an open transaction", 0, 1_000, () => p.send(topic, 0, { count: 3 }));
    await timed("its end", 0, 30_000, () => p.end(true));
    await p.add(topic, 0);
    await p.send(topic, 3);
    await timed("its end, aborted", 4, 30_000, () => p.end(false));
  },
};
