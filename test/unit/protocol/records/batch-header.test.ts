import { describe, expect, it } from "vitest";
import { advanceSequence, BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { CorruptRecordError } from "../../../../src/protocol/records/errors.ts";
import { payloadOf, recordsOf } from "../../../../src/protocol/records/record-iterator.ts";
import { javaBatch } from "./java-batches.ts";

function idempotentBatch(): BatchView {
  return new BatchView(javaBatch("idempotent").bytes, 0);
}

describe("what the leader writes into a batch", () => {
  it("offset and epoch leave the CRC as it is", () => {
    const batch = idempotentBatch();
    batch.setBaseOffset(2 ** 50 + 3);
    batch.setPartitionLeaderEpoch(31);
    expect(batch.baseOffset).toBe(2 ** 50 + 3);
    expect(batch.lastOffset).toBe(2 ** 50 + 6);
    expect(batch.nextOffset).toBe(2 ** 50 + 7);
    expect(batch.partitionLeaderEpoch).toBe(31);
    expect(batch.isValidCrc()).toBe(true);
  });

  it("the append time replaces every timestamp, under a new CRC", () => {
    const batch = idempotentBatch();
    const before = batch.crc;
    batch.setMaxTimestampAndType(1_800_000_000_123, "logAppendTime");
    expect(batch.crc).not.toBe(before);
    expect(batch.isValidCrc()).toBe(true);
    expect(batch.timestampType).toBe("logAppendTime");
    const timestamps = [...recordsOf(batch, payloadOf(batch))].map(({ timestamp }) => timestamp);
    expect(new Set(timestamps)).toEqual(new Set([1_800_000_000_123]));
  });

  it("a timestamp that is there already costs no CRC", () => {
    const batch = idempotentBatch();
    batch.buffer.writeUInt32BE(1, 17);
    batch.setMaxTimestampAndType(batch.maxTimestamp, "createTime");
    expect(batch.crc).toBe(1);
    batch.setMaxTimestampAndType(batch.maxTimestamp, "logAppendTime");
    expect(batch.isValidCrc()).toBe(true);
    batch.setMaxTimestampAndType(batch.maxTimestamp, "createTime");
    expect(batch.timestampType).toBe("createTime");
  });
});

describe("a batch that stands inside a larger buffer", () => {
  it("is read and checked in its place", () => {
    const { bytes } = javaBatch("idempotent");
    const buffer = Buffer.concat([Buffer.alloc(13, 0xee), bytes, Buffer.alloc(9, 0xee)]);
    const [batch] = batches(buffer, 13, 13 + bytes.length);
    expect(batch!.isValidCrc()).toBe(true);
    expect(batch!.producerId).toBe(4_000_000_000);
    expect(batch!.hasProducerId).toBe(true);
    expect(batch!.bytes().equals(bytes)).toBe(true);
    buffer[13 + 80] = buffer[13 + 80]! ^ 1;
    expect(() => batch!.ensureValidCrc()).toThrow(/^Record is corrupt \(stored crc = \d+, computed crc = \d+\)$/);
  });
});

describe("sizes that no batch can have", () => {
  it.each([
    ["a negative length", (bytes: Buffer) => bytes.writeInt32BE(-5, 8), "Record size -5 is less than"],
    ["less than any message", (bytes: Buffer) => bytes.writeInt32BE(13, 8), "minimum record overhead (14)"],
    ["less than its header", (bytes: Buffer) => bytes.writeInt32BE(48, 8), "the size 60 is smaller"],
    ["a magic of the future", (bytes: Buffer) => bytes.writeInt8(3, 16), "Invalid magic found in record: 3"],
    ["a negative magic", (bytes: Buffer) => bytes.writeInt8(-1, 16), "Invalid magic found in record: -1"],
  ])("%s", (_name, damage, message) => {
    const { bytes } = javaBatch("idempotent");
    damage(bytes);
    expect(() => [...batches(bytes)]).toThrow(CorruptRecordError);
    expect(() => [...batches(bytes)]).toThrow(message);
  });

  it("a length past the end is a partial batch", () => {
    const { bytes } = javaBatch("idempotent");
    bytes.writeInt32BE(0x7fffffff, 8);
    expect([...batches(bytes)]).toEqual([]);
  });
});

it("sequence numbers wrap to zero", () => {
  expect(advanceSequence(0x7fffffff, 0)).toBe(0x7fffffff);
  expect(advanceSequence(0x7fffffff, 1)).toBe(0);
  expect(advanceSequence(0x7ffffffe, 4)).toBe(2);
  const batch = idempotentBatch();
  expect([batch.baseSequence, batch.lastSequence]).toEqual([0x7ffffffe, 1]);
});

it("names codecs, and ids that no codec has", () => {
  const batch = idempotentBatch();
  const names = Array.from({ length: 8 }, (_, id) => {
    batch.buffer.writeInt16BE(id, 21);
    return batch.compression;
  });
  expect(names).toEqual(["none", "gzip", "snappy", "lz4", "zstd", "unknown", "unknown", "unknown"]);
});
