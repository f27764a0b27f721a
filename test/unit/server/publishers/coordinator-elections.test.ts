import { expect, test } from "vitest";
import { MetadataDelta } from "../../../../src/metadata/delta/metadata-delta.ts";
import { emptyImage, emptyProvenance } from "../../../../src/metadata/image/metadata-image.ts";
import { type MetadataRecordDraft } from "../../../../src/metadata/metadata-record.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../../../src/metadata/record-serde.ts";
import { CoordinatorElections } from "../../../../src/server/publishers/coordinator-elections.ts";

const topicId = "AAAAAAAAAAAAAAAAAAAAAQ";

/** Elections in a topic with three partitions, two of which the process before led; `publish` brings what comes next. */
function open() {
  const told: string[] = [];
  let image = emptyImage;
  let isRegistered = false;
  const elections = new CoordinatorElections({
    nodeId: 1,
    coordinatorTopic: "words",
    coordinator: {
      onElection: async (partition, epoch) => void told.push(`${partition} elected in ${epoch}`),
      onResignation: (partition, epoch) => void told.push(`${partition} resigned in ${epoch}`),
    },
    isRegistered: () => isRegistered,
    watch: () => {},
  });
  const publish = (...records: MetadataRecordDraft[]): string[] => {
    const delta = new MetadataDelta(image);
    for (const record of records) {
      const decoded = decodeMetadataRecord(encodeMetadataRecord(record));
      if (decoded.type !== "beginTransaction" && decoded.type !== "endTransaction") delta.replay(decoded);
    }
    image = delta.apply({ ...emptyProvenance, lastContainedOffset: image.provenance.lastContainedOffset + 1 });
    elections.onPublished(delta, image);
    return told.splice(0);
  };
  const partition = (partitionId: number, leader: number): MetadataRecordDraft => {
    const state = { partitionId, topicId, replicas: [leader], isr: [leader], leader, leaderEpoch: 5 };
    return { type: "partition", version: 0, data: { ...state, partitionEpoch: 9 } };
  };
  const change = (partitionId: number, leader: number): MetadataRecordDraft => ({
    type: "partitionChange",
    version: 0,
    data: { partitionId, topicId, leader },
  });
  const topic: MetadataRecordDraft = { type: "topic", version: 0, data: { name: "words", topicId } };
  expect(publish(topic, partition(0, 1), partition(1, 1), partition(2, 2))).toEqual([]);
  return { publish, change, register: () => (isRegistered = true) };
}

test("what a process before led is not begun with: the registration of this one takes it away", () => {
  const { publish, change, register } = open();
  register();
  expect(publish(change(0, -1), change(1, -1))).toEqual([]);
  expect(publish(change(0, 1), change(1, 1))).toEqual(["0 elected in 7", "1 elected in 7"]);
  expect(publish(change(1, -1))).toEqual(["1 resigned in 8"]);
});

test("what stays led from before is begun with when the broker has registered", () => {
  const { publish, change, register } = open();
  expect(publish(change(2, 2))).toEqual([]);
  register();
  expect(publish(change(1, -1))).toEqual(["0 elected in 5"]);
  expect(publish()).toEqual([]);
});
