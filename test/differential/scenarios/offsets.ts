import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { batch, fetch, from, produce, startMs } from "../requests.ts";
import { type Scenario } from "../session.ts";

export const listOffsetsScenario: Scenario = {
  name: "list-offsets",
  async run(s) {
    const topic = await s.createTopic("l", 4);
    const list = (step: string, version: number, partitions: object[], options: object = {}) =>
      s.ask(step, "listOffsets", version, { replicaId: -1, ...options, topics: [{ name: topic, partitions }] });
    const one = (step: string, timestamp: number, version = 10, options: object = {}) =>
      list(step, version, [{ partitionIndex: 0, timestamp }], options);
    for (const timestamp of [-1, -2, -3, -4, -5, -6, 0]) await one(`an empty log, ${timestamp}`, timestamp, 11);
    const send = (records: Buffer, index = 0) => s.quietly("produce", 9, produce(topic, records, { index }));
    await send(batch({ count: 3 }));
    await send(await compressBatch(batch({ count: 5, timestamp: startMs + 100_000 }), "gzip", nodeCompute));
    await send(batch({ count: 2, timestamp: startMs - 50_000 }));
    await send(batch({ timestamp: startMs + 104_000 }));
    await send(batch({ timestamp: -1 }));
    for (const version of [1, 2, 4, 5, 6, 7, 8, 9, 10, 11]) {
      for (const timestamp of [-1, -2, -3, -4, -5, -6, -7]) await one(`${timestamp}`, timestamp, version);
    }
    const seconds = [-60_000, -50_000, -49_000, 0, 1, 1_000, 2_000, 2_001, 100_000, 102_500, 104_000, 104_001];
    for (const offset of seconds) await one(`start + ${offset} ms`, startMs + offset);
    await one("timestamp 0", 0);
    await one("the end of time", Number.MAX_SAFE_INTEGER);
    for (const isolationLevel of [0, 1, 3]) {
      await one(`latest, isolation ${isolationLevel}`, -1, 10, { isolationLevel });
      await one(`by time, isolation ${isolationLevel}`, startMs, 10, { isolationLevel });
      await one(`largest, isolation ${isolationLevel}`, -3, 10, { isolationLevel });
    }
    await one("as a replica", -1, 10, { replicaId: 1 });
    await one("as a replica that is none", -1, 10, { replicaId: 5 });
    await one("as the debugging replica", -1, 10, { replicaId: -2 });
    await list("a partition twice", 10, [
      { partitionIndex: 0, timestamp: -1 },
      { partitionIndex: 0, timestamp: -2 },
      { partitionIndex: 1, timestamp: -1 },
    ]);
    await list("this epoch", 10, [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: 0 }]);
    await list("a newer epoch", 10, [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: 2 }]);
    await list("a newer epoch, by time", 10, [{ partitionIndex: 0, timestamp: startMs, currentLeaderEpoch: 2 }]);
    await list("an older epoch", 10, [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: -2 }]);
    await list("a partition that is not there", 10, [{ partitionIndex: 9, timestamp: -1 }]);
    await list("a partition that is not there, a timestamp that is not there", 10, [
      { partitionIndex: 9, timestamp: -9 },
    ]);
    await s.ask("a topic that is not there", "listOffsets", 10, {
      replicaId: -1,
      topics: [{ name: s.topic("none"), partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    });
    await s.ask("no topics", "listOffsets", 10, { replicaId: -1, topics: [] });

    await send(batch({ timestamp: -1, count: 2 }), 1);
    const second = (step: string, timestamp: number) => list(step, 10, [{ partitionIndex: 1, timestamp }]);
    await second("records without a time, largest", -3);
    await second("records without a time, by time", 0);

    for (const timestamp of [500, 400, 500, 300]) await send(batch({ timestamp: startMs + timestamp }), 2);
    const third = (step: string, timestamp: number) => list(step, 10, [{ partitionIndex: 2, timestamp }]);
    await third("the first of two that are largest", -3);
    await third("the first that is not older", startMs + 450);
    await s.quietly("deleteRecords", 2, {
      topics: [{ name: topic, partitions: [{ partitionIndex: 2, offset: 1 }] }],
      timeoutMs: 5_000,
    });
    await third("earliest after records were deleted", -2);
    await third("earliest local after records were deleted", -4);
    await third("largest after records were deleted", -3);
    await third("by time after records were deleted", 0);
    await s.quietly("deleteRecords", 2, {
      topics: [{ name: topic, partitions: [{ partitionIndex: 2, offset: -1 }] }],
      timeoutMs: 5_000,
    });
    for (const timestamp of [-1, -2, -3, -4, 0]) await third(`${timestamp} after all were deleted`, timestamp);
  },
};

export const leaderEpochScenario: Scenario = {
  name: "offset-for-leader-epoch",
  async run(s) {
    const topic = await s.createTopic("e", 2);
    await s.quietly("produce", 9, produce(topic, batch({ count: 4 })));
    const ask = (step: string, version: number, partition: object, options: object = {}) =>
      s.ask(step, "offsetForLeaderEpoch", version, {
        replicaId: -2,
        ...options,
        topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0, ...partition }] }],
      });
    for (const version of [2, 3, 4]) await ask("this epoch", version, {});
    await ask("a newer epoch", 4, { leaderEpoch: 3 });
    await ask("epoch -1", 4, { leaderEpoch: -1 });
    await ask("epoch -2", 4, { leaderEpoch: -2 });
    await ask("an empty log", 4, { partition: 1 });
    await ask("an empty log, epoch 2", 4, { partition: 1, leaderEpoch: 2 });
    await ask("the current epoch is newer", 4, { currentLeaderEpoch: 1 });
    await ask("the current epoch is this", 4, { currentLeaderEpoch: 0 });
    await ask("the current epoch is older", 4, { currentLeaderEpoch: -2 });
    await ask("a partition that is not there", 4, { partition: 9 });
    await ask("as a replica", 4, {}, { replicaId: 1 });
    await ask("as a consumer", 4, {}, { replicaId: -1 });
    await s.ask("a topic that is not there", "offsetForLeaderEpoch", 4, {
      replicaId: -1,
      topics: [{ topic: s.topic("none"), partitions: [{ partition: 0, leaderEpoch: 0 }] }],
    });
    await s.ask("no topics", "offsetForLeaderEpoch", 4, { replicaId: -1, topics: [] });
    await s.quietly("deleteRecords", 2, {
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: -1 }] }],
      timeoutMs: 5_000,
    });
    await ask("after all records were deleted", 4, {});
    await ask("after all records were deleted, epoch 1", 4, { leaderEpoch: 1 });
  },
};

export const deleteRecordsScenario: Scenario = {
  name: "delete-records",
  async run(s) {
    const topic = await s.createTopic("d", 2);
    for (let count = 0; count < 3; count++) await s.quietly("produce", 9, produce(topic, batch({ count: 3 })));
    const cut = (step: string, offset: number, name = topic, partitionIndex = 0, version = 2) =>
      s.ask(step, "deleteRecords", version, {
        topics: [{ name, partitions: [{ partitionIndex, offset }] }],
        timeoutMs: 5_000,
      });
    for (const version of [0, 1, 2]) await cut(`before ${version + 1}`, version + 1, topic, 0, version);
    await cut("before what is deleted", 1);
    await cut("offset 0", 0);
    await cut("offset -2", -2);
    await cut("behind the end", 10);
    const read = (step: string, offset: number) =>
      s.ask(step, "fetch", 12, fetch([{ topic, partitions: [from(offset)] }]));
    await read("from before the start", 2);
    await read("from the start, in the middle of a batch", 3);
    await read("from the start of a batch", 6);
    await cut("inside a batch", 7);
    await read("from inside a batch", 7);
    await cut("all", -1);
    await cut("all again", -1);
    await read("from the end", 9);
    await cut("a partition that is empty, all", -1, topic, 1);
    await cut("a partition that is empty, at 0", 0, topic, 1);
    await cut("a partition that is empty, at 1", 1, topic, 1);
    await cut("a partition that is not there", 0, topic, 5);
    await cut("a topic that is not there", 0, s.topic("none"));
    await cut("an internal topic", 0, "__consumer_offsets");
    await cut("a compacted topic", 0, await s.createTopic("compacted", 1, { "cleanup.policy": "compact" }));
    await cut(
      "a compacted and deleted topic",
      0,
      await s.createTopic("both", 1, { "cleanup.policy": "compact,delete" }),
    );
    await s.ask("nothing", "deleteRecords", 2, { topics: [], timeoutMs: 1_000 });
    await s.ask("a partition twice", "deleteRecords", 2, {
      topics: [
        {
          name: topic,
          partitions: [
            { partitionIndex: 1, offset: 0 },
            { partitionIndex: 1, offset: -1 },
          ],
        },
      ],
      timeoutMs: 1_000,
    });
  },
};
