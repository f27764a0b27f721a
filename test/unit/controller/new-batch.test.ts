import { describe, expect, test } from "vitest";
import { NewBatch } from "../../../src/controller/new-batch.ts";
import { inOneTurn } from "../../../src/io/next-turn.ts";
import { emptyImage, type MetadataImage } from "../../../src/metadata/image/metadata-image.ts";
import { MetadataLoader } from "../../../src/metadata/loader.ts";
import { type MetadataRecordDraft } from "../../../src/metadata/metadata-record.ts";
import { encodeMetadataRecord } from "../../../src/metadata/record-serde.ts";

const idOf = (index: number): string => `${String(index).padStart(21, "b")}A`;
const topicOf = (index: number): MetadataRecordDraft => {
  return { type: "topic", version: 0, data: { name: `t-${index}`, topicId: idOf(index) } };
};

/** What topics are there, with the leaders of their partitions and their retention. */
function contentOf({ topics, configs }: MetadataImage): string[] {
  const retentionOf = (name: string) => configs.resources.get(`2:${name}`)?.values.get("retention.ms") ?? "-";
  return Array.from(topics.byName.values(), (topic) => {
    expect(topics.byId.get(topic.id)).toBe(topic);
    return `${topic.name} ${topic.partitions.map(({ leader }) => leader).join(",")} ${retentionOf(topic.name)}`;
  }).sort();
}

function made(image: MetadataImage, drafts: readonly MetadataRecordDraft[]): NewBatch {
  const batch = new NewBatch(image, drafts);
  inOneTurn(batch.make());
  return batch;
}

test("thousands of topics that come, change and go in one batch, which is made in parts", () => {
  const drafts: MetadataRecordDraft[] = [];
  const expected: string[] = [];
  for (let index = 0; index < 1_600; index++) {
    const topicId = idOf(index);
    const config = { resourceType: 2, resourceName: `t-${index}`, name: "retention.ms", value: String(index) };
    drafts.push(topicOf(index), { type: "config", version: 0, data: config });
    for (const partitionId of [0, 1]) {
      const replicas = { replicas: [1], isr: [1], removingReplicas: [], addingReplicas: [] };
      const data = { topicId, partitionId, ...replicas, leader: 1, leaderEpoch: 0, partitionEpoch: 0 };
      drafts.push({ type: "partition", version: 0, data });
    }
    drafts.push({ type: "partitionChange", version: 0, data: { topicId, partitionId: 1, leader: -1 } });
    // Of four topics one keeps all, one has no configuration, one goes at once, and one takes the first with it.
    if (index % 4 === 1) drafts.push({ type: "config", version: 0, data: { ...config, value: null } });
    if (index % 4 === 2) drafts.push({ type: "removeTopic", version: 0, data: { topicId } });
    if (index % 4 === 3) drafts.push({ type: "removeTopic", version: 0, data: { topicId: idOf(index - 3) } });
    if (index % 4 === 1) expected.push(`t-${index} 1,-1 -`);
    if (index % 4 === 3) expected.push(`t-${index} 1,-1 ${index}`);
  }
  const batch = new NewBatch(emptyImage, drafts);
  let parts = 1;
  for (const making = batch.make(); making.next().done !== true; parts++);
  expect(parts).toBeGreaterThan(drafts.length / 500 + 2);
  expect(contentOf(batch.apply(emptyImage.provenance))).toEqual(expected.sort());
  expect(Buffer.concat(batch.values)).toEqual(Buffer.concat(drafts.map(encodeMetadataRecord)));
});

test("thousands of topics that go, and come back under their names", () => {
  const indexes = Array.from({ length: 1_200 }, (_, index) => index);
  const image = made(emptyImage, indexes.map(topicOf)).apply(emptyImage.provenance);
  const drafts = indexes.flatMap((index): MetadataRecordDraft[] => {
    const removal: MetadataRecordDraft = { type: "removeTopic", version: 0, data: { topicId: idOf(index) } };
    const again: MetadataRecordDraft = {
      type: "topic",
      version: 0,
      data: { name: `t-${index}`, topicId: idOf(index + 5_000) },
    };
    return index % 3 === 0 ? [removal, again] : [removal];
  });
  const after = made(image, drafts).apply(emptyImage.provenance);
  expect(contentOf(after)).toEqual(
    indexes
      .filter((index) => index % 3 === 0)
      .map((index) => `t-${index}  -`)
      .sort(),
  );
  expect(after.topics.byId.size).toBe(400);
  expect(contentOf(image)).toHaveLength(1_200);
});

describe("the loader of what is committed", () => {
  function open() {
    const published: { changed: string[]; image: MetadataImage }[] = [];
    const loader = new MetadataLoader((_, error) => {
      throw error;
    });
    loader.addPublisher({
      name: "test",
      publish(delta, image) {
        published.push({ changed: Array.from(delta.topics?.changedTopics.values() ?? [], ({ name }) => name), image });
      },
    });
    let baseOffset = 0;
    const commit = (...batches: NewBatch[]) => {
      for (const { values } of batches) {
        const lastOffset = baseOffset + values.length - 1;
        loader.onCommit([{ baseOffset, lastOffset, epoch: 1, appendTimestampMs: 0, sizeBytes: 9, values }]);
        baseOffset = lastOffset + 1;
      }
      loader.onCaughtUp();
      return published.at(-1);
    };
    return { loader, commit };
  }
  const nobodys = {
    lastContainedOffset: 0,
    lastContainedEpoch: 1,
    lastContainedLogTimeMs: 0,
    isOffsetBatchAligned: true,
  };

  test("takes the image that was made with the batch", () => {
    const { loader, commit } = open();
    const first = made(loader.image, [topicOf(1)]);
    expect(commit(first)?.changed).toEqual(["t-1"]);
    expect(loader.image.topics).toBe(first.apply(nobodys).topics);
    expect(loader.image.provenance.lastContainedOffset).toBe(0);
    const second = made(loader.image, [topicOf(2), topicOf(3)]);
    expect(commit(second)).toMatchObject({ changed: ["t-2", "t-3"], image: loader.image });
    expect(loader.image.topics).toBe(second.apply(nobodys).topics);
    expect(contentOf(loader.image)).toEqual(["t-1  -", "t-2  -", "t-3  -"]);
  });

  test("replays what was made on another image, and what is committed together with others", () => {
    const { loader, commit } = open();
    const first = made(loader.image, [topicOf(1)]);
    const second = made(first.apply(nobodys), [topicOf(2)]);
    expect(commit(first, second)?.changed).toEqual(["t-1", "t-2"]);
    expect(contentOf(loader.image)).toEqual(["t-1  -", "t-2  -"]);
    expect(commit(made(emptyImage, [topicOf(3)]))?.changed).toEqual(["t-3"]);
    expect(contentOf(loader.image)).toEqual(["t-1  -", "t-2  -", "t-3  -"]);
  });

  test("sees the transactions in them", () => {
    const { loader, commit } = open();
    const begin: MetadataRecordDraft = { type: "beginTransaction", version: 0, data: { name: "x" } };
    const end: MetadataRecordDraft = { type: "endTransaction", version: 0, data: {} };
    commit(made(loader.image, [topicOf(1)]));
    commit(made(loader.image, [begin, topicOf(2)]));
    expect([contentOf(loader.image), loader.transactionStartOffset]).toEqual([["t-1  -"], 1]);
    commit(made(loader.image, [topicOf(3)]));
    expect(contentOf(loader.image)).toEqual(["t-1  -"]);
    commit(made(loader.image, [end]));
    expect(contentOf(loader.image)).toEqual(["t-1  -", "t-2  -", "t-3  -"]);
  });
});
