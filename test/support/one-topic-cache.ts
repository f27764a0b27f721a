import { type MetadataDelta } from "../../src/metadata/delta/metadata-delta.ts";
import { type MetadataRecordDraft } from "../../src/metadata/metadata-record.ts";
import { MetadataCache } from "../../src/server/metadata-cache.ts";
import { imageOf } from "./metadata-image.ts";

/** Metadata of one topic with one partition on broker 1, or of none; `say` replaces it. */
export function oneTopicCache(name: string, topicId: string): { cache: MetadataCache; say: (id?: string) => void } {
  const cache = new MetadataCache();
  const say = (id?: string): void => {
    const place = { partitionId: 0, replicas: [1], isr: [1], leader: 1, leaderEpoch: 0, partitionEpoch: 0 };
    const records: MetadataRecordDraft[] =
      id === undefined
        ? []
        : [
            { type: "topic", version: 0, data: { name, topicId: id } },
            { type: "partition", version: 0, data: { ...place, topicId: id } },
          ];
    cache.publish(undefined as unknown as MetadataDelta, imageOf(records));
  };
  say(topicId);
  return { cache, say };
}
