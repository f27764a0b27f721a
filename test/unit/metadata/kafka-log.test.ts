import { expect, test } from "vitest";
import { PersistentMap } from "../../../src/base/persistent-map.ts";
import { imageRecords } from "../../../src/metadata/image-records.ts";
import { type MetadataImage } from "../../../src/metadata/image/metadata-image.ts";
import { MetadataLoader } from "../../../src/metadata/loader.ts";
import { type MetadataRecord } from "../../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../../src/metadata/record-serde.ts";
import { kafkaLog, kafkaSnapshot, kafkaSnapshotValues } from "../../support/kafka-metadata-fixture.ts";

function loaderThatFails(): MetadataLoader {
  return new MetadataLoader((publisher, error) => {
    throw new Error(publisher, { cause: error });
  });
}

function imageFromLog(): MetadataImage {
  const loader = loaderThatFails();
  loader.onCommit(kafkaLog().filter(({ lastOffset }) => lastOffset < kafkaSnapshot.offset));
  loader.onCaughtUp();
  return loader.image;
}

/**
 * Kafka 4.3.0 loads its whole log as one delta, and in one delta its configurations outlive the topic: the deleted t2's
 * segment.bytes came back in the snapshot, on the new t2. Ours must not.
 */
const isLeftover = (value: Buffer) => value.includes("segment.bytes");

function imageFromSnapshot(): MetadataImage {
  const loader = loaderThatFails();
  const values = kafkaSnapshotValues().filter((value) => !isLeftover(value));
  loader.onSnapshot(kafkaSnapshot, 0, [{ kind: "records", values }]);
  loader.onCaughtUp();
  return loader.image;
}

/** As text that does not depend on the order in which maps and sets were filled. */
function canonical(value: unknown): unknown {
  if (value instanceof PersistentMap || value instanceof Map) return canonical(Object.fromEntries(value.entries()));
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    return items.every((item) => typeof item === "object") ? items.map((item) => JSON.stringify(item)).sort() : items;
  }
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]));
}

const recordText = (record: MetadataRecord) => JSON.stringify(canonical(record));

test("every record of Kafka's log survives decoding and encoding, byte for byte", () => {
  const values = kafkaLog().flatMap((batch) => batch.values);
  expect(values.length).toBe(55);
  for (const value of values) expect(encodeMetadataRecord(decodeMetadataRecord(value))).toEqual(value);
});

test("Kafka's log and Kafka's snapshot of it give the same image", () => {
  const { provenance, ...fromLog } = imageFromLog();
  const { provenance: _, ...fromSnapshot } = imageFromSnapshot();
  expect(provenance).toMatchObject({ lastContainedOffset: 58, lastContainedEpoch: 2, isOffsetBatchAligned: true });
  expect(canonical(fromLog)).toEqual(canonical(fromSnapshot));
});

test("our snapshot of Kafka's log holds the records of Kafka's snapshot", () => {
  const ours = [...imageRecords(imageFromLog())].map((draft) => decodeMetadataRecord(encodeMetadataRecord(draft)));
  const kafkas = kafkaSnapshotValues()
    .filter((value) => !isLeftover(value))
    .map(decodeMetadataRecord);
  expect(ours.map(recordText).sort()).toEqual(kafkas.map(recordText).sort());
  const kinds = (records: readonly MetadataRecord[]) => [...new Set(records.map(({ type }) => type))];
  expect(kinds(ours)).toEqual(kinds(kafkas));
});

test("the image is what was done to the cluster", () => {
  const { topics, configs, features, clientQuotas, scram, acls, producerIds, cluster } = imageFromLog();
  expect(features.metadataVersion).toBe(30);
  expect(Object.fromEntries(features.finalizedLevels)).toEqual({
    "eligible.leader.replicas.version": 1,
    "group.version": 1,
    "share.version": 1,
    "streams.version": 1,
    "transaction.version": 2,
  });
  expect([...topics.byName.keys()].sort()).toEqual(["t1", "t2"]);
  expect(topics.byName.get("t1")?.partitions).toHaveLength(3);
  expect(topics.byName.get("t2")?.partitions).toHaveLength(1);
  expect(topics.byName.get("t1")?.partitions[0]).toMatchObject({ leader: 1, isr: [1], elr: [], leaderEpoch: 2 });
  const overrides = [...configs.resources.values()].map(({ type, name, values }) => [
    type,
    name,
    Object.fromEntries(values),
  ]);
  expect(overrides.sort()).toEqual([
    [16, "m", { "interval.ms": "1000" }],
    [2, "t1", { "cleanup.policy": "compact", "max.message.bytes": "2000", "min.insync.replicas": "1" }],
    [32, "g", { "consumer.session.timeout.ms": "50000" }],
    [4, "", { "log.cleaner.threads": "2", "min.insync.replicas": "1" }],
    [4, "1", { "max.connections": "77" }],
  ]);
  expect([...clientQuotas.entities.values()].map(({ values }) => Object.fromEntries(values))).toContainEqual({
    producer_byte_rate: 1000,
  });
  expect(scram.credentials.size).toBe(2);
  expect(acls.byId.size).toBe(1);
  expect(producerIds.nextProducerId).toBe(1000);
  expect(cluster.brokers.get(1)).toMatchObject({ epoch: 52, fenced: false, cordonedDirectories: [] });
});
