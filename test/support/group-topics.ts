import { type MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { type MetadataRecordDraft } from "../../src/metadata/metadata-record.ts";
import { MetadataCache } from "../../src/server/metadata-cache.ts";
import { imageOf } from "./metadata-image.ts";

const directory = "ZGRkZGRkZGRkZGRkZGRkZA";
const topics = {
  t: "dHR0dHR0dHR0dHR0dHR0dA",
  u: "dXV1dXV1dXV1dXV1dXV1dQ",
  __consumer_offsets: "b29vb29vb29vb29vb29vbw",
  __transaction_state: "eHh4eHh4eHh4eHh4eHh4eA",
};

/** One broker; topic "t" with two partitions, "u" with one, and the topics of the coordinators of groups and transactions. */
export function groupTopicsCache(groupPartitions: number, transactionPartitions = 0): MetadataCache {
  const counts = { t: 2, u: 1, __consumer_offsets: groupPartitions, __transaction_state: transactionPartitions };
  const endPoints = [{ name: "PLAINTEXT", host: "localhost", port: 9092 }];
  const records: MetadataRecordDraft[] = [
    { type: "registerBroker", version: 3, data: { brokerId: 1, brokerEpoch: 1, fenced: false, rack: null, endPoints } },
  ];
  for (const [name, topicId] of Object.entries(topics)) {
    records.push({ type: "topic", version: 0, data: { name, topicId } });
    for (let partitionId = 0; partitionId < counts[name as keyof typeof counts]; partitionId++) {
      const epochs = { leaderEpoch: 0, partitionEpoch: 0 };
      const data = { partitionId, topicId, replicas: [1], isr: [1], leader: 1, directories: [directory], ...epochs };
      records.push({ type: "partition", version: 1, data });
    }
  }
  const cache = new MetadataCache();
  cache.publish(undefined as unknown as MetadataDelta, imageOf(records));
  return cache;
}
