import { expect, test } from "vitest";
import { type MetadataRecord } from "../../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord } from "../../../src/metadata/record-serde.ts";
import { decodeBootstrap } from "../../../src/metadata/storage/bootstrap.ts";
import { kafkaFile, kafkaLog } from "../../support/kafka-metadata-fixture.ts";
import { anyone, controllerFixture, createTopicsRequest, incarnations } from "./controller-fixture.ts";

const isCordonedReport = ({ type, version }: MetadataRecord) => type === "brokerRegistrationChange" && version === 3;

/**
 * Without what Kafka's controller draws at random or takes from a hash map's order, and without the kinds of record that ours does
 * not write yet (quotas, SCRAM users, ACLs).
 */
function comparable(records: readonly MetadataRecord[]): string[][] {
  const topicNames = new Map<string, string>();
  const later = ["clientQuota", "userScramCredential", "accessControlEntry", "registerController", "noOp"];
  const groups: string[][] = [];
  for (const { type, version, data } of records) {
    // Kafka's broker reported its cordoned directories before it was unfenced, ours after.
    if (later.includes(type) || isCordonedReport({ type, version, data } as MetadataRecord)) continue;
    const fields: Record<string, unknown> = { ...data };
    if (type === "topic") topicNames.set(data.topicId, data.name);
    if ("topicId" in data) fields.topicId = topicNames.get(data.topicId);
    for (const position of ["brokerEpoch", "incarnationId", "endPoints", "features"]) delete fields[position];
    const text = JSON.stringify([type, version, fields]);
    // Records that follow each other and are of one kind may come in any order.
    const group = groups.at(-1);
    if (group?.[0]?.startsWith(JSON.stringify([type]).slice(0, -1))) group.push(text);
    else groups.push([text]);
  }
  return groups.map((group) => group.sort());
}

test("the same requests give the records that Kafka wrote", async () => {
  const bootstrap = decodeBootstrap(kafkaFile("bootstrap.checkpoint"), "Kafka's");
  const fixture = await controllerFixture({ bootstrap });
  const { controller, answer, heartbeat } = fixture;
  const configs = (entries: Record<string, string>) =>
    Object.entries(entries).map(([name, value]) => ({ name, value }));
  const set = (entries: Record<string, string>) =>
    configs(entries).map((config) => ({ ...config, configOperation: 0 }));
  const alter = (resourceType: number, resourceName: string, changes: ReturnType<typeof set>) =>
    answer(
      controller.incrementalAlterConfigs({
        resources: [{ resourceType, resourceName, configs: changes }],
        validateOnly: false,
      }),
    );

  const epoch = await fixture.joinBroker(1, {});
  await heartbeat(epoch, { cordonedLogDirs: [] });
  await fixture.createTopic("t1", {
    numPartitions: 2,
    replicationFactor: -1,
    configs: configs({ "retention.ms": "1000", "cleanup.policy": "compact" }),
  });
  const three = [0, 1, 2].map((partitionIndex) => ({ partitionIndex, brokerIds: [1] }));
  await fixture.createTopic("t2", { assignments: three, configs: configs({ "segment.bytes": "10000000" }) });
  const more = { topics: [{ name: "t1", count: 3, assignments: null }], timeoutMs: 1000, validateOnly: false };
  await answer(controller.createPartitions(more, anyone));
  await alter(2, "t1", [
    ...set({ "max.message.bytes": "2000", "min.insync.replicas": "1" }),
    { name: "retention.ms", value: "", configOperation: 1 },
  ]);
  await alter(4, "", set({ "log.cleaner.threads": "2" }));
  await alter(4, "1", set({ "max.connections": "77" }));
  await alter(32, "g", set({ "consumer.session.timeout.ms": "50000" }));
  await alter(16, "m", set({ "interval.ms": "1000" }));
  await answer(controller.deleteTopics({ topics: [], topicNames: ["t2"], timeoutMs: 1000 }, anyone));
  await answer(controller.createTopics(createTopicsRequest([{ name: "t2" }]), anyone));
  await answer(controller.allocateProducerIds(1, epoch));
  // A clean stop, and the start after it.
  await heartbeat(epoch, { wantShutDown: true });
  expect(await heartbeat(epoch, { wantShutDown: true })).toMatchObject({ shouldShutDown: true });
  const next = await fixture.joinBroker(1, { incarnationId: incarnations[1], previousBrokerEpoch: epoch });
  await heartbeat(next, { cordonedLogDirs: [] });

  const kafkas = kafkaLog().flatMap((batch) => batch.values.map(decodeMetadataRecord));
  expect(comparable(fixture.records())).toEqual(comparable(kafkas));
  expect(fixture.records().filter(isCordonedReport)).toHaveLength(kafkas.filter(isCordonedReport).length);
});
