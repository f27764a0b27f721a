import { setTimeout as sleep } from "node:timers/promises";
import { type ApiRequest } from "../../../src/protocol/apis.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { batch, fetch, from, produce } from "../requests.ts";
import { type Scenario } from "../session.ts";

/** Long enough for a request to wait at the broker. */
const arrivedMs = 200;

/** Records that go while somebody waits for them, and partitions that are asked for in odd ways. */
export const oddStorageScenario: Scenario = {
  name: "storage-odd",
  async run(s) {
    const topic = await s.createTopic("o", 2);
    const compacted = await s.createTopic("c", 1, { "cleanup.policy": "compact" });
    const send = (name: string) => s.quietly("produce", 9, produce(name, batch({ count: 3, key: "k" })));
    const cut = (step: string, offset: number, name = topic, timeoutMs = 1_500) =>
      s.ask(step, "deleteRecords", 2, { topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs });
    for (let sent = 0; sent < 4; sent++) for (const name of [topic, compacted]) await send(name);
    for (const offset of [3, -1, 99]) await cut(`compacted, ${offset}`, offset, compacted);
    for (const offset of [-2, -1_000, 13, Number.MAX_SAFE_INTEGER, 0]) await cut(`offset ${offset}`, offset);
    for (const name of ["__cluster_metadata", "", "a/b"]) {
      await cut(`topic "${name}"`, 0, name);
    }
    await cut("without time", 2, topic, 0);
    await cut("with less than none", 3, topic, -1);

    const wire = await s.connect();
    const waitFor = (options: Draft<ApiRequest<"fetch">>) =>
      wire.send("fetch", 12, fetch([{ topic, partitions: [from(12)] }], { maxWaitMs: 600, ...options }));
    const atEnd = waitFor({});
    await sleep(arrivedMs);
    await cut("all, while a fetch waits", -1);
    // Which of the two is answered first is nobody's promise.
    s.noteAnswer("waited at the end while all was deleted", "fetch", await atEnd);
    const forMore = waitFor({ minBytes: 1 << 20 });
    await sleep(arrivedMs);
    await send(topic);
    await cut("all, while a fetch waits for more", -1);
    s.noteAnswer("waited for more while what was there was deleted", "fetch", await forMore);

    const describe = (step: string, body: Draft<ApiRequest<"describeTopicPartitions">>) =>
      s.ask(`describe ${step}`, "describeTopicPartitions", 0, body);
    const both = [{ name: topic }, { name: compacted }];
    for (const name of ["none", "a/b", "..", "x".repeat(250)]) {
      const shown = name.length > 5 ? "a long name" : name;
      const wanted = name === "none" ? s.topic(name) : name;
      await describe(shown, { topics: [{ name: wanted }, { name: topic }], responsePartitionLimit: 2_000 });
    }
    for (const responsePartitionLimit of [1, 2, 0, -1]) {
      await describe(`at most ${responsePartitionLimit}`, { topics: both, responsePartitionLimit });
    }
    for (const partitionIndex of [0, 1, 7, -1]) {
      const cursor = { topicName: topic, partitionIndex };
      await describe(`from partition ${partitionIndex}`, { topics: both, responsePartitionLimit: 5, cursor });
    }
    const lost = { topicName: s.topic("none"), partitionIndex: 0 };
    await describe("from a topic that is not there", { topics: both, responsePartitionLimit: 5, cursor: lost });
    await describe("twice", { topics: [{ name: topic }, { name: topic }], responsePartitionLimit: 5 });
    await describe("without a name", { topics: [{ name: "" }], responsePartitionLimit: 5 });
  },
};
