import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Errors } from "../../../src/protocol/errors.ts";
import { waitUntilCoordinated, waitUntilInGroup, waitUntilLed, waitUntilTopicIsGone } from "../broker/wait-until.ts";
import { TestBroker } from "../broker/test-broker.ts";
import { contents, sampleRecords } from "./sample-records.ts";
import { storedCodecs } from "./stored-codecs.ts";
import { consumerHeartbeats } from "./consumer-heartbeats.ts";
import {
  type ClientTraits,
  type GroupProtocol,
  type OperationName,
  type Operations,
  type TestClient,
} from "./test-client.ts";

/** What a client of any ecosystem does with a broker. One broker for the file; each test has topics of its own. */
export function describeClient(traits: ClientTraits): void {
  describe(traits.name, () => {
    let broker: TestBroker;
    let client: TestClient;

    beforeAll(async () => {
      broker = await TestBroker.start({ properties: consumerHeartbeats });
      client = await traits.open();
    });
    afterAll(async () => {
      await client?.close();
      await broker?.remove();
    });

    function run<N extends OperationName>(
      operation: N,
      input: Operations[N]["input"],
    ): Promise<Operations[N]["output"]> {
      return client.run(operation, { ...input, bootstrap: broker.bootstrap });
    }

    async function create(topic: string, partitions: number): Promise<void> {
      await run("create", { topic, partitions });
      // Kafka answers before all partitions have their leader here; clients then send twice. We do not.
      if (broker.target === "kafka") await waitUntilLed(broker.port, topic, partitions);
    }

    test("creates, describes, lists and deletes a topic", async () => {
      const config = { "retention.ms": "7200000", "cleanup.policy": "compact,delete" };
      const result = await run("admin", { topic: "administered", partitions: 3, config });
      expect(result).toEqual({
        createAgain: Errors.TOPIC_ALREADY_EXISTS,
        listed: true,
        partitions: [0, 1, 2].map((id) => ({ id, leader: 1, replicas: [1], isr: [1] })),
        config,
      });
      await waitUntilTopicIsGone(broker.port, "administered");
    });

    test(`produces and consumes keyed records with headers (${traits.codecs.join(", ")})`, async () => {
      const batches = traits.codecs.map((codec) => ({ codec, records: sampleRecords(codec, 30) }));
      const sent = batches.flatMap((batch) => batch.records);
      await create("records", 3);
      expect(await run("produce", { topic: "records", batches })).toEqual({ sent: sent.length });
      expect(await storedCodecs(broker.port, "records", 3)).toEqual(new Set(traits.codecs));

      const { records } = await run("consume", { topic: "records", count: sent.length });
      expect(contents(records)).toEqual(contents(sent));
      const keyed = records.filter((record) => record.key !== null);
      for (const ofKey of grouped(keyed, (record) => record.key)) {
        expect(new Set(ofKey.map((record) => record.partition)).size).toBe(1);
      }
      for (const ofPartition of grouped(records, (record) => record.partition)) {
        expect(ofPartition.map((record) => record.offset)).toEqual(ofPartition.map((_, offset) => offset));
      }
    });

    describe.each<GroupProtocol>(traits.protocols ?? ["classic"])("%s protocol", (protocol) => {
      test("shares a topic between two members of a group, and gives all of it to the one that stays", async () => {
        const topic = `shared-${protocol}`;
        const [first, second] = [sampleRecords("first", 40), sampleRecords("second", 20)];
        await create(topic, 4);
        await run("produce", { topic, batches: [{ codec: "none", records: first }] });
        const result = await run("group", {
          topic,
          group: `workers-${protocol}`,
          protocol,
          partitions: 4,
          count: first.length,
          afterwards: { codec: "none", records: second },
        });
        const [one, other] = result.together;
        expect([...one, ...other].sort()).toEqual([0, 1, 2, 3]);
        expect([one.length, other.length]).toEqual([2, 2]);
        expect([...result.alone].sort()).toEqual([0, 1, 2, 3]);
        expect(result.seen.toSorted()).toEqual([...first, ...second].map((record) => record.value).sort());
        expect(result).toMatchObject({ members: 2, state: "Stable", stateAfter: "Empty" });
        expect(result.deleted).toBe(traits.cannotDeleteGroups ? null : Errors.NONE);
      });

      test("commits, and resumes after a clean restart and after kill -9, with all records still there", async () => {
        const topic = `kept-${protocol}`;
        const group = `readers-${protocol}`;
        const sent = sampleRecords("kept", 60);
        await create(topic, 3);
        await run("produce", { topic, batches: [{ codec: "none", records: sent }] });

        const read: Operations["consume"]["output"]["records"] = [];
        const resume = async (count: number) => {
          const { records } = await run("consume", { topic, group, protocol, count });
          read.push(...records);
        };
        const positions = () => {
          const next: Record<string, number> = {};
          for (const { partition, offset } of read) next[partition] = Math.max(next[partition] ?? 0, offset + 1);
          return { offsets: next };
        };
        const allKept = async (expected: typeof sent) => {
          await waitUntilCoordinated(broker.port, group);
          expect(await run("committed", { topic, group })).toEqual(positions());
          const { records } = await run("consume", { topic, count: expected.length });
          expect(contents(records)).toEqual(contents(expected));
        };

        await resume(15);
        await resume(15);
        await allKept(sent);

        await broker.restart("clean");
        await allKept(sent);
        await resume(15);

        await broker.restart("kill -9");
        await allKept(sent);
        const more = sampleRecords("more", 10);
        await run("produce", { topic, batches: [{ codec: "none", records: more }] });
        await resume(25);
        await allKept([...sent, ...more]);
        // Each record came exactly once over the four readers.
        expect(contents(read)).toEqual(contents([...sent, ...more]));
      });

      test("a consumer that runs lives through a restart of the broker", async () => {
        const topic = `alive-${protocol}`;
        const group = `survivors-${protocol}`;
        const [before, after] = [sampleRecords("before", 20), sampleRecords("later", 20)];
        await create(topic, 2);
        await run("produce", { topic, batches: [{ codec: "none", records: before }] });
        const reader = await traits.open();
        try {
          const reading = reader.run("consume", { bootstrap: broker.bootstrap, topic, group, protocol, count: 40 });
          reading.catch(() => {});
          await waitUntilInGroup(broker.port, group);
          await broker.restart("kill -9");
          await run("produce", { topic, batches: [{ codec: "none", records: after }] });
          expect(contents((await reading).records)).toEqual(contents([...before, ...after]));
        } finally {
          await reader.close();
        }
      });
    });
  });
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => unknown): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}
