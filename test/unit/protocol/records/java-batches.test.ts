import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { buildBatch, compressBatch, type BatchDraft } from "../../../../src/protocol/records/batch-builder.ts";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { CorruptRecordError } from "../../../../src/protocol/records/errors.ts";
import { decompressBatch, recordsOf, type LogRecord } from "../../../../src/protocol/records/record-iterator.ts";
import { javaBatch, javaBatches, type JavaBytes, type JavaRecord } from "./java-batches.ts";

const limit = 1 << 20;

function bytesAsJava(bytes: Buffer | null): JavaBytes {
  if (bytes === null || bytes.length <= 400) return bytes === null ? null : bytes.toString("hex");
  return { sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function asJava(record: LogRecord): JavaRecord {
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    sizeBytes: record.sizeBytes,
    key: bytesAsJava(record.key),
    value: bytesAsJava(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: bytesAsJava(value) })),
  };
}

/** The draft that should build `batch` again. */
function draftOf(batch: BatchView, records: readonly LogRecord[]): BatchDraft {
  return {
    records: records.map(({ offset, timestamp, key, value, headers }) => ({
      key,
      value,
      headers,
      timestamp,
      offsetDelta: offset - batch.baseOffset,
    })),
    baseOffset: batch.baseOffset,
    leaderEpoch: batch.partitionLeaderEpoch,
    producerId: batch.producerId,
    producerEpoch: batch.producerEpoch,
    baseSequence: batch.baseSequence,
    isTransactional: batch.isTransactional,
    isControl: batch.isControl,
    timestampType: batch.timestampType,
    baseTimestamp: batch.baseTimestamp,
  };
}

describe.each(javaBatches)("a batch of Kafka's own client: $name", (fixture) => {
  it("is read as Kafka reads it", async () => {
    const views = [...batches(fixture.bytes)];
    expect(views.length).toBe(fixture.batches.length);
    for (const [index, { header, records }] of fixture.batches.entries()) {
      const view = views[index]!;
      for (const [name, value] of Object.entries(header)) {
        expect([name, view[name as keyof BatchView]]).toEqual([name, value]);
      }
      expect(view.isValidCrc()).toBe(true);
      const payload = await decompressBatch(view, nodeCompute, limit);
      const read = [...recordsOf(view, payload)].map(asJava);
      expect(read).toEqual(records);
    }
  });

  it("is built again, byte for byte", async () => {
    for (const view of batches(fixture.bytes)) {
      // These keep something in the header that hides what the records were built from.
      if (view.hasDeleteHorizon || view.timestampType === "logAppendTime") continue;
      const payload = await decompressBatch(view, nodeCompute, limit);
      const records = [...recordsOf(view, payload)];
      const built = buildBatch(draftOf(view, records));
      if (view.isCompressed) {
        const compressed = await compressBatch(built, view.compression as "gzip", nodeCompute);
        const again = new BatchView(compressed, 0);
        expect(again.isValidCrc()).toBe(true);
        expect(again.attributes).toBe(view.attributes);
        expect((await decompressBatch(again, nodeCompute, limit)).equals(payload)).toBe(true);
      } else {
        expect(built.toString("hex")).toBe(view.bytes().toString("hex"));
      }
    }
  });
});

describe("a damaged batch", () => {
  it("is told by its CRC, or by its size and magic, whichever byte changes", () => {
    const { bytes } = javaBatch("idempotent");
    for (let at = 0; at < bytes.length; at++) {
      // Base offset and leader epoch are the leader's to write.
      if (at < 8 || (at >= 12 && at < 16)) continue;
      const mutated = Buffer.from(bytes);
      mutated[at] = mutated[at]! ^ 0x40;
      let found: BatchView[] = [];
      try {
        found = [...batches(mutated)];
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptRecordError);
      }
      expect(found.filter((batch) => batch.magic === 2 && batch.isValidCrc())).toEqual([]);
    }
  });

  it("is not seen when it is cut short", () => {
    const { bytes } = javaBatch("two batches");
    const first = [...batches(bytes)][0]!;
    for (let length = 0; length <= bytes.length; length++) {
      const expected = length === bytes.length ? 2 : length >= first.sizeInBytes ? 1 : 0;
      expect([...batches(bytes, 0, length)].length).toBe(expected);
    }
  });
});

describe("formats of the past", () => {
  it.each([0, 1])("magic %i is recognised, to be refused", (magic) => {
    const { bytes } = javaBatch(`magic ${magic}`);
    const views = [...batches(bytes)];
    expect(views.map((view) => view.magic)).toEqual([magic]);
    expect(views[0]!.sizeInBytes).toBe(bytes.length);
  });
});
