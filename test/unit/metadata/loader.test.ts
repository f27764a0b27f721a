import { describe, expect, test } from "vitest";
import { type MetadataDelta } from "../../../src/metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../../src/metadata/image/metadata-image.ts";
import { MetadataLoader } from "../../../src/metadata/loader.ts";
import { type MetadataRecordDraft } from "../../../src/metadata/metadata-record.ts";
import { type LoaderManifest, type Publisher } from "../../../src/metadata/publisher.ts";
import { encodeMetadataRecord } from "../../../src/metadata/record-serde.ts";

const topicIds = { a: "9hSD8FQqTVyO5pmf22Oq7Q", b: "N0-ze0dBTA-fc0XUKZkPEA", c: "k4kEKYWVSLmqcR8dSQI12Q" };
const topic = (name: keyof typeof topicIds): MetadataRecordDraft => ({
  type: "topic",
  version: 0,
  data: { name, topicId: topicIds[name] },
});
const begin: MetadataRecordDraft = { type: "beginTransaction", version: 0, data: { name: "x" } };
const end: MetadataRecordDraft = { type: "endTransaction", version: 0, data: {} };
const abort: MetadataRecordDraft = { type: "abortTransaction", version: 0, data: { reason: "x" } };

class Recorder implements Publisher {
  readonly name: string;
  readonly heard: string[];

  constructor(name: string, heard: string[]) {
    this.name = name;
    this.heard = heard;
  }

  publish(delta: MetadataDelta, image: MetadataImage, { source, provenance }: LoaderManifest): void {
    const created = [...(delta.topics?.createdTopics.keys() ?? [])].join("");
    const topics = [...image.topics.byName.keys()].sort().join("");
    this.heard.push(`${this.name} ${source} ${provenance.lastContainedOffset}: +${created} =${topics}`);
  }
}

function fixture() {
  const heard: string[] = [];
  const faults: string[] = [];
  const loader = new MetadataLoader((publisher, error) => faults.push(`${publisher}: ${String(error)}`));
  let offset = 0;
  const commit = (...records: MetadataRecordDraft[]) => {
    const values = records.map(encodeMetadataRecord);
    const count = Math.max(1, values.length);
    const batch = {
      baseOffset: offset,
      lastOffset: offset + count - 1,
      epoch: 1,
      appendTimestampMs: 5,
      sizeBytes: 9,
      values,
    };
    offset += count;
    loader.onCommit([batch]);
  };
  return { loader, heard, faults, commit };
}

describe("the loader", () => {
  test("publishes once for all that was committed, to the publishers in their order", () => {
    const { loader, heard, commit } = fixture();
    loader.addPublisher(new Recorder("first", heard));
    loader.addPublisher(new Recorder("second", heard));
    commit();
    commit(topic("a"));
    commit(topic("b"));
    expect(heard).toEqual([]);
    loader.onCaughtUp();
    expect(heard).toEqual(["first log 2: +ab =ab", "second log 2: +ab =ab"]);
    loader.onCaughtUp();
    expect(heard).toHaveLength(2);
  });

  test("shows nothing of a transaction before its end, over any number of batches", () => {
    const { loader, heard, commit } = fixture();
    loader.addPublisher(new Recorder("p", heard));
    commit(topic("a"));
    commit(begin, topic("b"));
    loader.onCaughtUp();
    expect(loader.transactionStartOffset).toBe(1);
    expect(loader.image.provenance).toMatchObject({ lastContainedOffset: 0, isOffsetBatchAligned: false });
    commit(topic("c"));
    loader.onCaughtUp();
    commit(end);
    loader.onCaughtUp();
    expect(heard).toEqual(["p log 0: +a =a", "p log 4: +bc =abc"]);
    expect(loader.transactionStartOffset).toBe(-1);
  });

  test("forgets an aborted transaction", () => {
    const { loader, heard, commit } = fixture();
    loader.addPublisher(new Recorder("p", heard));
    commit(begin, topic("a"), abort, topic("b"));
    loader.onCaughtUp();
    expect(heard).toEqual(["p log 3: +b =b"]);
  });

  test("a snapshot removes what it does not mention", () => {
    const { loader, heard, commit } = fixture();
    loader.addPublisher(new Recorder("p", heard));
    commit(topic("a"), topic("b"));
    loader.onCaughtUp();
    const values = [topic("b"), topic("c")].map(encodeMetadataRecord);
    loader.onSnapshot({ offset: 10, epoch: 2 }, 7, [{ kind: "control" }, { kind: "records", values }]);
    loader.onCaughtUp();
    expect(heard.at(-1)).toBe("p snapshot 9: +bc =bc");
    expect(loader.image.provenance.lastContainedLogTimeMs).toBe(7);
  });

  test("a publisher that fails keeps nothing from the others", () => {
    const { loader, heard, faults, commit } = fixture();
    loader.addPublisher({
      name: "broken",
      publish() {
        throw new Error("no");
      },
    });
    loader.addPublisher(new Recorder("p", heard));
    commit(topic("a"));
    loader.onCaughtUp();
    expect(heard).toEqual(["p log 0: +a =a"]);
    expect(faults).toEqual(["broken: Error: no"]);
  });

  test("a publisher that comes late gets everything at once", () => {
    const { loader, heard, commit } = fixture();
    commit(topic("a"), topic("b"));
    loader.onCaughtUp();
    loader.addPublisher(new Recorder("late", heard));
    expect(heard).toEqual(["late snapshot 1: +ab =ab"]);
  });
});
