import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { CodecUnavailable, type CompressionName, type Compute } from "../../../../src/io/ports.ts";
import { buildBatch, compressBatch, type RecordDraft } from "../../../../src/protocol/records/batch-builder.ts";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { onlyBatch } from "../../../../src/protocol/records/batches.ts";
import { Errors } from "../../../../src/protocol/errors.ts";
import { InvalidRecordError } from "../../../../src/protocol/records/errors.ts";
import { decompressBatch, payloadOf, recordsOf } from "../../../../src/protocol/records/record-iterator.ts";
import { javaBatch } from "./java-batches.ts";

const bytes = fc.option(
  fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  { nil: null },
);
const recordDraft: fc.Arbitrary<RecordDraft> = fc.record({
  key: bytes,
  value: bytes,
  headers: fc.array(fc.record({ key: fc.string({ unit: "grapheme", maxLength: 40 }), value: bytes }), { maxLength: 3 }),
  timestamp: fc.oneof(fc.integer({ min: -1, max: 2 ** 31 - 1 }), fc.integer({ min: 0, max: 2 ** 52 })),
});
const codec = fc.constantFrom<CompressionName | "none">("none", "gzip", "snappy", "lz4", "zstd");

describe("records", () => {
  it("come back as they were put in, in every codec", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(recordDraft, { minLength: 1, maxLength: 20 }),
        codec,
        fc.nat(2 ** 40),
        async (records, name, baseOffset) => {
          const built = await compressBatch(buildBatch({ records, baseOffset, leaderEpoch: 2 }), name, nodeCompute);
          const batch = onlyBatch(built);
          expect(batch.isValidCrc()).toBe(true);
          expect(batch.compression).toBe(name);
          expect(batch.maxTimestamp).toBe(Math.max(...records.map(({ timestamp }) => timestamp)));
          const read = [...recordsOf(batch, await decompressBatch(batch, nodeCompute, 1 << 20))];
          expect(read.map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp }))).toEqual(
            records,
          );
          expect(read.map(({ offset }) => offset)).toEqual(records.map((_, index) => baseOffset + index));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("may leave gaps between offsets, as compaction does", () => {
    const records = [0, 3, 9].map((offsetDelta) => ({ key: null, value: null, timestamp: 1, offsetDelta }));
    const batch = onlyBatch(buildBatch({ records, baseOffset: 100 }));
    expect([batch.lastOffset, batch.recordCount]).toEqual([109, 3]);
    expect([...recordsOf(batch, payloadOf(batch))].map(({ offset }) => offset)).toEqual([100, 103, 109]);
  });
});

/** Applies `change` to an uncompressed batch, whose CRC is then of no interest. */
function readDamaged(change: (payload: Buffer, batch: BatchView) => void): () => unknown {
  const batch = new BatchView(javaBatch("typical, none").bytes, 0);
  const payload = payloadOf(batch);
  change(payload, batch);
  return () => [...recordsOf(batch, payload)];
}

describe("records that are not what the header announced", () => {
  it.each([
    ["more records than counted", 3, "records still remaining"],
    ["fewer records than counted", 5, "premature EOF"],
    ["a negative count", -1, "Found invalid record count -1 in magic v2 batch"],
  ])("%s", (_name, count, message) => {
    const read = readDamaged((_payload, batch) => batch.buffer.writeInt32BE(count, 57));
    expect(read).toThrow(InvalidRecordError);
    expect(read).toThrow(message);
  });

  it.each([
    ["a record size that is too large", 0, 0x7e, "expected to read 63 bytes in record payload, but instead read 42"],
    ["a record size one too small", 0, 0x52, "Found invalid record structure"],
    ["a negative record size", 0, 0x01, "Invalid record size: expected -1 bytes"],
    ["a key longer than its record", 4, 0x7e, "Found invalid record structure: 63 bytes announced, 38 there"],
    ["a negative number of headers", 42, 0x01, "Found invalid number of record headers -1"],
    ["more headers than bytes", 42, 0x7e, "Found invalid number of record headers. 63 is larger"],
  ])("%s", (_name, at, byte, message) => {
    const read = readDamaged((payload) => (payload[at] = byte));
    expect(read).toThrow(InvalidRecordError);
    expect(read).toThrow(message);
  });

  it("any damage is an error or other records, never a hang or a crash", () => {
    const pristine = javaBatch("typical, none").bytes;
    fc.assert(
      fc.property(fc.integer({ min: 61, max: pristine.length - 1 }), fc.nat(255), (at, byte) => {
        const mutated = Buffer.from(pristine);
        mutated[at] = byte;
        const batch = new BatchView(mutated, 0);
        try {
          for (const record of recordsOf(batch, payloadOf(batch))) expect(record.headers.length).toBeLessThan(100);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidRecordError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("cut short at any byte", () => {
    const batch = new BatchView(javaBatch("typical, none").bytes, 0);
    const payload = payloadOf(batch);
    for (let length = 0; length < payload.length; length++) {
      expect(() => [...recordsOf(batch, payload.subarray(0, length))]).toThrow(InvalidRecordError);
    }
  });
});

describe("compressed records", () => {
  it("that are damaged, of an unknown codec, or a bomb are refused", async () => {
    const damaged = javaBatch("typical, gzip").bytes;
    damaged.fill(0xff, 61, 65);
    await expect(decompressBatch(new BatchView(damaged, 0), nodeCompute, 1 << 20)).rejects.toMatchObject({
      name: "UnreadableRecordsError",
      code: Errors.UNKNOWN_SERVER_ERROR,
    });

    const unknown = javaBatch("typical, none").bytes;
    unknown.writeInt16BE(6, 21);
    await expect(decompressBatch(new BatchView(unknown, 0), nodeCompute, 1 << 20)).rejects.toThrow(
      "Unknown compression type id: 6",
    );

    const bomb = await compressBatch(
      buildBatch({ records: [{ key: null, value: Buffer.alloc(8 << 20), timestamp: 0 }] }),
      "zstd",
      nodeCompute,
    );
    expect(bomb.length).toBeLessThan(10_000);
    await expect(decompressBatch(new BatchView(bomb, 0), nodeCompute, 1 << 20)).rejects.toThrow(InvalidRecordError);
  });
});

it("a codec that cannot be loaded is no fault of the records", async () => {
  const unavailable: Compute = {
    compress: nodeCompute.compress,
    decompress: () => Promise.reject(new CodecUnavailable("The library of lz4 cannot be loaded")),
  };
  const plain = buildBatch({ records: [{ key: null, value: Buffer.from("a"), timestamp: 1 }] });
  const batch = new BatchView(await compressBatch(plain, "lz4", nodeCompute), 0);
  await expect(decompressBatch(batch, unavailable, 1_000)).rejects.toBeInstanceOf(CodecUnavailable);
});
