import { expect, test } from "vitest";
import { MetadataDelta } from "../../../src/metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../../src/metadata/image/metadata-image.ts";
import { decodeMetadataRecord, encodeMetadataRecord } from "../../../src/metadata/record-serde.ts";
import { type MetadataRecordDraft } from "../../../src/metadata/metadata-record.ts";
import { SnapshotGenerator, type SnapshotSink } from "../../../src/metadata/snapshot-generator.ts";
import { uuidFromBytes } from "../../../src/base/uuid.ts";
import { ManualTime } from "../../support/manual-time.ts";
import { silentLogger } from "../../support/silent-logger.ts";

function imageOf(topics: number, lastContainedOffset: number, isOffsetBatchAligned = true): MetadataImage {
  const delta = new MetadataDelta();
  for (let i = 0; i < topics; i++) {
    const topicId = uuidFromBytes(Buffer.from(String(i).padStart(16, "x")));
    const record: MetadataRecordDraft = { type: "topic", version: 0, data: { name: `t${i}`, topicId } };
    delta.replay(decodeMetadataRecord(encodeMetadataRecord(record)));
  }
  return delta.apply({ lastContainedOffset, lastContainedEpoch: 3, lastContainedLogTimeMs: 9, isOffsetBatchAligned });
}

class RecordingSink implements SnapshotSink {
  readonly heard: string[] = [];
  fails = false;

  createSnapshot(id: { offset: number; epoch: number }, timeMs: number) {
    this.heard.push(`create ${id.offset}-${id.epoch} at ${timeMs}`);
    return {
      append: (values: readonly Buffer[]) => {
        if (this.fails) throw new Error("ENOSPC");
        this.heard.push(`append ${values.length}`);
      },
      freeze: async () => void this.heard.push("freeze"),
      abort: () => void this.heard.push("abort"),
    };
  }
}

function fixture(intervalMsMax = 0) {
  const time = new ManualTime();
  const sink = new RecordingSink();
  const generator = new SnapshotGenerator({
    bytesBetweenMax: 100,
    intervalMsMax,
    sink,
    clock: time,
    timers: time,
    logger: silentLogger,
  });
  const publish = (image: MetadataImage, sizeBytes: number, source: "log" | "snapshot" = "log") =>
    generator.publish(new MetadataDelta(), image, {
      source,
      sizeBytes,
      provenance: image.provenance,
      leaderAndEpoch: { leaderId: 1, epoch: 3 },
    });
  return { time, sink, generator, publish, heard: sink.heard };
}

test("writes the image when enough of the log has passed", async () => {
  const { time, publish, heard } = fixture();
  publish(imageOf(1, 10), 60);
  await time.settle();
  expect(heard).toEqual([]);
  publish(imageOf(2, 11), 60);
  await time.settle();
  expect(heard).toEqual(["create 12-3 at 9", "append 2", "freeze"]);
  publish(imageOf(2, 12), 60);
  await time.settle();
  expect(heard).toHaveLength(3);
});

test("writes it when enough time has passed", async () => {
  const { time, publish, heard } = fixture(1000);
  publish(imageOf(1, 10), 1);
  await time.advance(1000);
  publish(imageOf(1, 11), 1);
  await time.settle();
  expect(heard[0]).toBe("create 12-3 at 9");
});

test("a large image is written in pieces, one a turn, and only one snapshot at a time", async () => {
  const { time, publish, heard, generator } = fixture();
  publish(imageOf(2500, 10), 200);
  publish(imageOf(2500, 11), 200);
  expect(heard).toEqual(["create 11-3 at 9", "append 1024"]);
  await time.advance(10);
  await generator.close();
  expect(heard).toEqual(["create 11-3 at 9", "append 1024", "append 1024", "append 452", "freeze"]);
});

test("an image within a batch is not written, nor one that came from a snapshot", async () => {
  const { time, publish, heard } = fixture();
  publish(imageOf(1, 10, false), 200);
  publish(imageOf(1, 11), 0, "snapshot");
  publish(imageOf(1, 12), 60);
  await time.settle();
  expect(heard).toEqual([]);
});

test("a disk that is full costs the snapshot, nothing else", async () => {
  const { time, publish, heard, sink } = fixture();
  sink.fails = true;
  publish(imageOf(1, 10), 200);
  await time.settle();
  expect(heard).toEqual(["create 11-3 at 9", "abort"]);
  sink.fails = false;
  publish(imageOf(1, 20), 200);
  await time.settle();
  expect(heard.slice(2)).toEqual(["create 21-3 at 9", "append 1", "freeze"]);
});
