import { randomBytes } from "node:crypto";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { compressBatch } from "../../../src/protocol/records/batch-builder.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { batch, fetch, from, produce, produceById } from "../requests.ts";
import { type Scenario } from "../session.ts";

const unknownId = "AAAAAAAAAAAAAAAAAAAABQ";

/** What is answered, by version, to batches that are good and to places that are not there. */
export const produceScenario: Scenario = {
  name: "produce",
  async run(s) {
    const topic = await s.createTopic("p", 2);
    for (const version of [3, 5, 7, 8, 9, 10, 12]) {
      await s.ask("acks=all", "produce", version, produce(topic, batch({ count: 3 })));
    }
    await s.ask("acks=1", "produce", 9, produce(topic, batch(), { acks: 1 }));
    await s.ask("acks=2", "produce", 9, produce(topic, batch(), { acks: 2 }));
    await s.ask("acks=-2, a topic that is not there", "produce", 9, produce(s.topic("none"), batch(), { acks: -2 }));
    await s.ask("a timeout of 0", "produce", 9, produce(topic, batch(), { timeoutMs: 0 }));
    await s.ask("by id", "produce", 13, produceById(s.idOf("p"), batch({ count: 2 }), 1));
    await s.ask("by an id that is not there", "produce", 13, produceById(unknownId, batch()));
    await s.ask("by the zero id", "produce", 13, produceById("AAAAAAAAAAAAAAAAAAAAAA", batch()));
    await s.ask("by id, partition 7", "produce", 13, produceById(s.idOf("p"), batch(), 7));
    await s.ask("a topic that is not there", "produce", 9, produce(s.topic("none"), batch()));
    await s.ask("no records for a topic that is not there", "produce", 9, produce(s.topic("none"), null));
    await s.ask("an empty name", "produce", 9, produce("", batch()));
    await s.ask("partition 2", "produce", 9, produce(topic, batch(), { index: 2 }));
    await s.ask("partition -1", "produce", 9, produce(topic, batch(), { index: -1 }));
    await s.ask("empty records", "produce", 9, produce(topic, Buffer.alloc(0)));
    const half = batch({ count: 5 }).subarray(0, 70);
    await s.ask("a batch and half a batch", "produce", 9, produce(topic, Buffer.concat([batch(), half])));
    const nonsense = Buffer.alloc(80, 0xff);
    await s.ask("a batch and nonsense", "produce", 9, produce(topic, Buffer.concat([batch(), nonsense])));
    const future = batch();
    future[16] = 9;
    await s.ask("a batch and one of a format to come", "produce", 9, produce(topic, Buffer.concat([batch(), future])));
    await s.ask("two batches", "produce", 9, produce(topic, Buffer.concat([batch(), batch()])));
    await s.ask("no topic", "produce", 9, { acks: -1, timeoutMs: 1_000, topicData: [] });
    await s.ask("a topic without partitions", "produce", 9, {
      acks: -1,
      topicData: [{ name: topic, partitionData: [] }],
    });
    await s.ask("several partitions, some wrong", "produce", 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [
        {
          name: topic,
          partitionData: [
            { index: 1, records: batch() },
            { index: 9, records: batch() },
            { index: 0, records: Buffer.from("nonsense") },
          ],
        },
        { name: s.topic("none"), partitionData: [{ index: 0, records: batch() }] },
      ],
    });
    await s.ask("an internal topic that is not there", "produce", 9, produce("__transaction_state", batch()));
    const zstd = await compressBatch(batch({ count: 20 }), "zstd", nodeCompute);
    await s.ask("zstd before there was zstd", "produce", 6, produce(topic, Buffer.from(zstd)));
    await s.ask("zstd", "produce", 7, produce(topic, Buffer.from(zstd)));
    await s.ask("what partition 0 holds", "fetch", 12, fetch([{ topic, partitions: [from(0)] }]));
    await s.ask("what partition 1 holds", "fetch", 12, fetch([{ topic, partitions: [from(0, { partition: 1 })] }]));
    await s.ask("a partition twice", "produce", 9, {
      acks: -1,
      timeoutMs: 1_000,
      topicData: [
        {
          name: topic,
          partitionData: [
            { index: 1, records: batch({ value: "first" }) },
            { index: 1, records: batch({ value: "second" }) },
          ],
        },
      ],
    });
  },
};

export const unansweredScenario: Scenario = {
  name: "produce-acks-0",
  async run(s) {
    const topic = await s.createTopic("p");
    const wire = await s.connect();
    wire.sendOnly("produce", 9, produce(topic, batch({ count: 2 }), { acks: 0 }));
    // Whoever asks for no answer is not told when the records can be read either.
    await s.until(
      async () => (await s.quietly("listOffsets", 7, latest(topic))).topics[0]!.partitions[0]!.offset === 2,
    );
    await s.ask("the next request is answered", "listOffsets", 7, latest(topic), wire);
    wire.sendOnly("produce", 9, produce(topic, Buffer.from("nonsense"), { acks: 0 }));
    await s.ask("after nonsense", "listOffsets", 7, latest(topic), wire);
    const other = await s.connect();
    other.sendOnly("produce", 9, produce(s.topic("none"), batch(), { acks: 0 }));
    await s.ask("after a topic that is not there", "listOffsets", 7, latest(topic), other);
    const third = await s.connect();
    third.sendOnly("produce", 9, { acks: 0, topicData: [] });
    await s.ask("after nothing", "listOffsets", 7, latest(topic), third);
  },
};

function latest(name: string) {
  return { replicaId: -1, topics: [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }] };
}

/** What a topic's configuration makes of batches. */
export const configuredScenario: Scenario = {
  name: "produce-configured-topics",
  async run(s) {
    const small = await s.createTopic("small", 1, { "max.message.bytes": "200" });
    await s.ask("at the limit", "produce", 9, produce(small, batch({ value: Buffer.alloc(200 - 70) })));
    await s.ask("one byte above", "produce", 9, produce(small, batch({ value: Buffer.alloc(200 - 69) })));
    const wide = batch({ value: Buffer.alloc(1_000) });
    await s.ask("compressed below it", "produce", 9, produce(small, await compressBatch(wide, "gzip", nodeCompute)));
    await s.ask("a small topic's records", "fetch", 12, fetch([{ topic: small, partitions: [from(0)] }]));

    const segments = await s.createTopic("segments", 1, { "segment.bytes": "1048576", "max.message.bytes": "2000000" });
    await s.ask("beyond segment.bytes", "produce", 9, produce(segments, batch({ value: randomBytes(1_100_000) })));

    const compacted = await s.createTopic("compacted", 1, { "cleanup.policy": "compact" });
    await s.ask("without a key", "produce", 9, produce(compacted, batch({ count: 5 })));
    await s.ask("without a key, v7", "produce", 7, produce(compacted, batch()));
    const keyless = await compressBatch(batch({ count: 2 }), "lz4", nodeCompute);
    await s.ask("without a key, lz4", "produce", 9, produce(compacted, keyless));
    await s.ask("with a key", "produce", 9, produce(compacted, batch({ key: "k" })));
    await s.ask("an empty key", "produce", 9, produce(compacted, batch({ key: "" })));

    const stamped = await s.createTopic("stamped", 1, { "message.timestamp.type": "LogAppendTime" });
    await s.ask("a stamped topic", "produce", 9, produce(stamped, batch({ count: 3 })));
    await s.ask(
      "a stamped topic, gzip",
      "produce",
      9,
      produce(stamped, await compressBatch(batch(), "gzip", nodeCompute)),
    );
    await s.ask("stamped records", "fetch", 12, fetch([{ topic: stamped, partitions: [from(0)] }]));

    const bounded = await s.createTopic("bounded", 1, {
      "message.timestamp.before.max.ms": "3600000",
      "message.timestamp.after.max.ms": "3600000",
    });
    await s.ask("too old", "produce", 9, produce(bounded, batch({ timestamp: 1_000 })));
    await s.ask("too new", "produce", 9, produce(bounded, batch({ timestamp: 4_000_000_000_000, count: 5 })));
    await s.ask("no timestamp", "produce", 9, produce(bounded, batch({ timestamp: -1 })));
    await s.ask("too old, v7", "produce", 7, produce(bounded, batch({ timestamp: 1_000 })));
    const answer = await s.quietly("produce", 9, produce(bounded, batch({ timestamp: Date.now() })));
    s.note("now", answer);

    for (const type of ["gzip", "zstd", "uncompressed"]) {
      const recompressed = await s.createTopic(type, 1, { "compression.type": type });
      const lz4 = await compressBatch(batch({ count: 10, value: "x".repeat(100) }), "lz4", nodeCompute);
      await s.ask(`lz4 to ${type}`, "produce", 9, produce(recompressed, lz4));
      await s.ask(`none to ${type}`, "produce", 9, produce(recompressed, batch({ count: 4 })));
      const got = await s.quietly("fetch", 12, fetch([{ topic: recompressed, partitions: [from(0)] }]));
      // Compressors of one format differ in their bytes.
      const { records } = got.responses[0]!.partitions[0]!;
      s.note(`stored in ${type}`, withoutSizes(records!), true);
    }

    const alone = await s.createTopic("alone", 1, { "min.insync.replicas": "2" });
    await s.ask("min.insync.replicas beyond the replicas", "produce", 9, produce(alone, batch()));
  },
};

function withoutSizes(records: Buffer) {
  return Array.from(batches(records), ({ baseOffset, lastOffset, recordCount, compression, maxTimestamp }) => ({
    baseOffset,
    lastOffset,
    recordCount,
    compression,
    maxTimestamp,
  }));
}
