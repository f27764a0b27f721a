import { expect, test } from "vitest";
import { defaultLogConfig } from "../../../../src/log/log-config.ts";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";
import { emptyProvenance } from "../../../../src/metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../../../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../../../src/metadata/record-serde.ts";
import { ReplicaPublisher } from "../../../../src/server/publishers/replica-publisher.ts";
import { imageOf } from "../../../support/metadata-image.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { brokerId, openReplicas, topicId } from "../../replication/replicas.ts";

const otherId = "BBBBBBBBBBBBBBBBBBBBBA";

function records(name: string, id: string): MetadataRecordDraft[] {
  const place = { partitionId: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0 };
  return [
    { type: "topic", version: 0, data: { name, topicId: id } },
    { type: "partition", version: 0, data: { ...place, topicId: id } },
  ];
}

/** A broker that has been told of topic "gone", or "here", or both. */
async function open(disk: MemoryDisk, told: readonly MetadataRecordDraft[]) {
  const world = openReplicas(disk);
  const { replicas, logManager, time } = world;
  const faults: unknown[] = [];
  const deps = { nodeId: brokerId, replicas, logManager, logConfigOf: () => defaultLogConfig };
  const publisher = new ReplicaPublisher({ ...deps, onFatal: (error) => faults.push(error) });
  const delta = new MetadataDelta();
  for (const record of told) {
    const decoded = decodeMetadataRecord(encodeMetadataRecord(record));
    if (decoded.type === "topic" || decoded.type === "partition") delta.replay(decoded);
  }
  await time.during(Promise.resolve(publisher.publish(delta, delta.apply(emptyProvenance))));
  const names = () => disk.list("/data").filter((name) => /-\d/.test(name));
  return { ...world, publisher, faults, names };
}

test("what the metadata has deleted when a node stops goes, though nobody was told of it; what it never spoke of stays", async () => {
  const here = records("here", otherId);
  const disk = new MemoryDisk();
  const broker = await open(disk, [...records("gone", topicId), ...here]);
  broker.host({ topic: "unknown", topicId: "CCCCCCCCCCCCCCCCCCCCCA" });
  expect(broker.names()).toEqual(["gone-0", "here-0", "unknown-0"]);
  await broker.time.during(broker.publisher.conclude(imageOf(here)));
  expect(broker.names()).toEqual([expect.stringMatching(/^gone-0\.[0-9a-f]{32}-delete$/), "here-0", "unknown-0"]);
  broker.logManager.close(1);
  const next = await open(disk.kill(), here);
  expect([next.names().some((name) => name.startsWith("gone")), next.faults]).toEqual([false, []]);
});

test("a node that was told nothing yet deletes nothing when it stops", async () => {
  const disk = new MemoryDisk();
  const { host, replicas, logManager } = openReplicas(disk);
  host();
  const deps = { nodeId: brokerId, replicas, logManager, logConfigOf: () => defaultLogConfig, onFatal: () => {} };
  await new ReplicaPublisher(deps).conclude(imageOf([]));
  expect(disk.list("/data")).toContain("topic-0");
});
