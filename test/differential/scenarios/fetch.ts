import { setTimeout as sleep } from "node:timers/promises";
import { type ApiRequest, type ApiResponse } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { batch, fetch, from, produce } from "../requests.ts";
import { type Scenario, type Session } from "../session.ts";

const unknownId = "AAAAAAAAAAAAAAAAAAAABQ";

async function fill(s: Session, topic: string, count: number, index = 0, bytes = 100): Promise<void> {
  for (let each = 0; each < count; each++) {
    await s.quietly("produce", 9, produce(topic, batch({ count: 2, value: Buffer.alloc(bytes, each) }), { index }));
  }
}

/** Where a fetch may begin, and how much comes back. */
export const fetchScenario: Scenario = {
  name: "fetch",
  async run(s) {
    const topic = await s.createTopic("f", 3);
    await fill(s, topic, 5);
    await fill(s, topic, 3, 1);
    const one = (
      step: string,
      position: ReturnType<typeof from>,
      options: Draft<ApiRequest<"fetch">> = {},
      version = 12,
    ) => s.ask(step, "fetch", version, fetch([{ topic, partitions: [position] }], options));
    for (const version of [4, 5, 7, 9, 11, 12]) await one("from the start", from(0), {}, version);
    for (const version of [13, 15, 16, 17, 18]) {
      await s.ask("by id", "fetch", version, fetch([{ topicId: s.idOf("f"), partitions: [from(0)] }]));
    }
    await one("inside a batch", from(3));
    await one("at the end", from(10));
    await one("behind the end", from(11));
    await one("before the start", from(-1));
    await one("a partition that is not there", from(0, { partition: 3 }));
    await one("partition -1", from(0, { partition: -1 }));
    await one("an empty partition", from(0, { partition: 2 }));
    await one("committed records", from(0), { isolationLevel: 1 });
    await one("committed records at the end", from(10), { isolationLevel: 1 });
    await one("an isolation level that is not there", from(0), { isolationLevel: 7 });

    await one("a partition limit of 1 byte", from(0, { partitionMaxBytes: 1 }));
    await one("a partition limit of 0 bytes", from(0, { partitionMaxBytes: 0 }));
    await one("a partition limit of -1 bytes", from(0, { partitionMaxBytes: -1 }));
    await one("a partition limit of one batch", from(0, { partitionMaxBytes: 290 }));
    await one("a limit of 1 byte", from(0), { maxBytes: 1 });
    await one("a limit of 0 bytes", from(0), { maxBytes: 0 });
    await one("a limit of two batches", from(0), { maxBytes: 600 });
    const both = (first: number, second: number) => [
      { topic, partitions: [from(first), from(second, { partition: 1 })] },
    ];
    await s.ask("a limit that the first partition uses up", "fetch", 12, fetch(both(0, 0), { maxBytes: 300 }));
    await s.ask("a limit that the first partition leaves", "fetch", 12, fetch(both(10, 0), { maxBytes: 300 }));
    await s.ask(
      "the first batch is of the first partition that has one",
      "fetch",
      12,
      fetch(both(10, 0), { maxBytes: 1 }),
    );
    await s.ask("partitions in the order asked", "fetch", 12, {
      ...fetch([{ topic, partitions: [from(0, { partition: 2 }), from(9), from(5, { partition: 1 })] }]),
    });

    await s.ask("a topic that is not there", "fetch", 12, fetch([{ topic: s.topic("none"), partitions: [from(0)] }]));
    await s.ask("an id that is not there", "fetch", 13, fetch([{ topicId: unknownId, partitions: [from(0)] }]));
    await s.ask("the zero id", "fetch", 13, fetch([{ topicId: "AAAAAAAAAAAAAAAAAAAAAA", partitions: [from(0)] }]));
    await s.ask(
      "by id, partition 9",
      "fetch",
      13,
      fetch([{ topicId: s.idOf("f"), partitions: [from(0, { partition: 9 })] }]),
    );
    await s.ask("no topics", "fetch", 12, fetch([]));
    await s.ask("a partition twice", "fetch", 12, fetch([{ topic, partitions: [from(0), from(8)] }]));
    await s.ask(
      "a topic twice",
      "fetch",
      12,
      fetch([
        { topic, partitions: [from(8)] },
        { topic, partitions: [from(5, { partition: 1 })] },
      ]),
    );
    await s.ask(
      "good and bad",
      "fetch",
      12,
      fetch([{ topic: s.topic("none"), partitions: [from(0)] }, ...both(99, 0)]),
    );

    await one("this leader epoch", from(0, { currentLeaderEpoch: 0 }));
    await one("a newer leader epoch", from(0, { currentLeaderEpoch: 1 }));
    await s.ask(
      "a newer leader epoch",
      "fetch",
      16,
      fetch([{ topicId: s.idOf("f"), partitions: [from(0, { currentLeaderEpoch: 5 })] }]),
    );
    await one("an older leader epoch", from(0, { currentLeaderEpoch: -2 }));
    await one("the last epoch is this one", from(4, { lastFetchedEpoch: 0 }));
    await one("the last epoch is this one, behind the end", from(14, { lastFetchedEpoch: 0 }));
    await one("the last epoch is newer", from(4, { lastFetchedEpoch: 3 }));
    await one("a replica that is none", from(0), { replicaId: 5 });
    await one("the debugging replica", from(0), { replicaId: -2 });
    await one("this broker as a replica", from(0), { replicaId: 1 });
    await s.ask(
      "a replica that is none",
      "fetch",
      15,
      fetch([{ topicId: s.idOf("f"), partitions: [from(0)] }], { replicaState: { replicaId: 5, replicaEpoch: 3 } }),
    );
  },
};

/** How long a fetch waits, and what ends the wait. */
export const longPollScenario: Scenario = {
  name: "fetch-waiting",
  async run(s) {
    const topic = await s.createTopic("w", 2);
    await fill(s, topic, 2);
    const other = await s.connect();
    const waitMs = 1_000;
    const atOnceMs = 300;
    /** Of a fetch that something ends before its time: longer than any machine needs for that. */
    const longMs = 30_000;
    const timed = async (
      step: string,
      body: Draft<ApiRequest<"fetch">>,
      meanwhile: () => Promise<unknown> = async () => {},
      version = 12,
    ) => {
      const startedMs = performance.now();
      let isAnswered = false;
      const answer = other.send("fetch", version, body).finally(() => (isAnswered = true));
      await Promise.race([answer, sleep(atOnceMs)]);
      // Whoever is slow answers this request no sooner than the fetch.
      await s.quietly("metadata", 12, { topics: [] });
      const isAtOnce = isAnswered;
      await meanwhile();
      const got: ApiResponse<"fetch"> = await answer;
      const tookMs = performance.now() - startedMs;
      s.note(
        `${step} (fetch v${version})`,
        {
          when: isAtOnce ? "at once" : tookMs < 0.95 * body.maxWaitMs! ? "when woken" : "when time was up",
          got,
        },
        true,
      );
    };
    const at = (offset: number, options: Draft<ApiRequest<"fetch">> = {}, index = 0) =>
      fetch([{ topic, partitions: [from(offset, { partition: index })] }], { maxWaitMs: waitMs, ...options });
    const produceOne = () => s.quietly("produce", 9, produce(topic, batch({ value: Buffer.alloc(50) })));
    await timed("there is enough", at(0));
    await timed("a minimum of 0", at(4, { minBytes: 0 }));
    await timed("nothing comes", at(4));
    await timed("a record comes", at(4, { maxWaitMs: longMs }), produceOne);
    await timed("too little comes", at(5, { minBytes: 10_000 }), produceOne);
    await timed("enough comes in pieces", at(6, { minBytes: 200, maxWaitMs: longMs }), async () => {
      await produceOne();
      await produceOne();
    });
    await timed("a minimum above the maximum", at(0, { minBytes: 10_000, maxBytes: 100 }));
    await timed("a negative minimum", at(8, { minBytes: -1 }));
    await timed("a negative wait", at(8, { maxWaitMs: -1 }));
    await timed("a record comes to another partition", at(8), () =>
      s.quietly("produce", 9, produce(topic, batch(), { index: 1 })),
    );
    await timed("an offset that is out of range does not wait", at(99));
    await timed(
      "a topic that is not there does not wait",
      fetch([{ topic: s.topic("none"), partitions: [from(0)] }], { maxWaitMs: waitMs }),
    );
    await timed(
      "a topic that is not there, beside one that waits",
      fetch(
        [
          { topic: s.topic("none"), partitions: [from(0)] },
          { topic, partitions: [from(8)] },
        ],
        { maxWaitMs: waitMs },
      ),
    );
    await timed("no topics", fetch([], { maxWaitMs: waitMs }));
    await timed("records are deleted", at(8, { minBytes: 10_000 }), () =>
      s.quietly("deleteRecords", 2, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: 2 }] }],
        timeoutMs: 5_000,
      }),
    );
    const gone = await s.createTopic("gone");
    const goneId = s.idOf("gone");
    await timed(
      "its topic is deleted",
      fetch([{ topicId: goneId, partitions: [from(0)] }], { maxWaitMs: longMs }),
      () => s.quietly("deleteTopics", 6, { topics: [{ name: gone }], timeoutMs: 5_000 }),
      13,
    );
    await s.createTopic("gone");
    s.names.set(goneId, "<old id of gone>");
    await s.ask(
      "the old id of a topic that is there again",
      "fetch",
      13,
      fetch([{ topicId: goneId, partitions: [from(0)] }]),
    );
    await s.ask("by name", "fetch", 12, fetch([{ topic: gone, partitions: [from(0)] }]));
    await s.ask("produce by the old id", "produce", 13, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [{ topicId: goneId, partitionData: [{ index: 0, records: batch() }] }],
    });
  },
};
