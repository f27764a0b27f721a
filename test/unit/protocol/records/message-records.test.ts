import { crc32 } from "@node-rs/crc32";
import { describe, expect, test } from "vitest";
import { nodeCompute } from "../../../../src/io/node/node-compute.ts";
import { type BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { batches } from "../../../../src/protocol/records/batches.ts";
import { batchOfRecords, recordsOfMessage } from "../../../../src/protocol/records/message-records.ts";
import { MessageView } from "../../../../src/protocol/records/message-view.ts";
import { RecordCursor } from "../../../../src/protocol/records/record-cursor.ts";
import { payloadOf } from "../../../../src/protocol/records/record-iterator.ts";
import { javaSegments } from "../../../support/message-formats.ts";

const sizeBytesMax = 1_000_000;

function hex(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString("hex");
}

function timestampTypeOf(view: BatchView): string {
  if (view instanceof MessageView && !view.hasTimestamps) return "NoTimestampType";
  return view.timestampType === "logAppendTime" ? "LogAppendTime" : "CreateTime";
}

const entries = javaSegments.flatMap((segment) => {
  const views = [...batches(segment.bytes)];
  return segment.entries.map((entry, index) => ({ entry, view: views[index]!, segment }));
});
const messages = entries.filter(
  (each): each is typeof each & { view: MessageView } => each.view instanceof MessageView,
);

describe.each(javaSegments)("Kafka's segment of $name", (segment) => {
  test("has the entries that Kafka's classes see", () => {
    const views = [...batches(segment.bytes)];
    expect(views.map((view) => view.magic)).toEqual(segment.entries.map(({ magic }) => magic));
    const seen = views.map((view) => ({
      magic: view.magic,
      sizeInBytes: view.sizeInBytes,
      lastOffset: view.lastOffset,
      maxTimestamp: view.maxTimestamp,
      timestampType: timestampTypeOf(view),
      compression: view.compression,
      crc: view.crc,
    }));
    expect(segment.entries).toMatchObject(seen);
    for (const view of views) {
      expect([view.isValidCrc(), view.hasProducerId, view.isControl, view.isTransactional]).toEqual([
        true,
        false,
        false,
        false,
      ]);
    }
  });
});

test("the records of messages are those that Kafka's classes find in them", async () => {
  expect(messages.length).toBeGreaterThan(25);
  for (const { entry, view } of messages) {
    const records = await recordsOfMessage(view, nodeCompute, sizeBytesMax);
    const seen = records.map(({ offset, timestamp, key, value, crc, isValidCrc }) => {
      expect(isValidCrc).toBe(true);
      return { offset, timestamp, key: hex(key), value: hex(value), crc };
    });
    expect(seen).toEqual(entry.records);
  }
});

test("as a batch of the current format they are what Kafka's compaction makes of them", async () => {
  for (const { entry, view } of messages) {
    const records = await recordsOfMessage(view, nodeCompute, sizeBytesMax);
    const batch = batchOfRecords(view, records);
    expect(batch.isValidCrc()).toBe(true);
    expect([batch.baseOffset, batch.lastOffset]).toEqual([entry.baseOffset, entry.lastOffset]);
    // Where one is a tombstone Kafka notes in it when that may go; compaction's own test looks at that.
    const hasTombstone = entry.records.some(({ value }) => value === null);
    if (entry.compression === "none" && !hasTombstone) expect(hex(batch.bytes())).toBe(entry.compacted);
    const cursor = new RecordCursor(batch, payloadOf(batch));
    for (const { offset, timestamp, key, value } of entry.records) {
      expect(cursor.next()).toBe(true);
      expect({
        offset: cursor.offset,
        timestamp: cursor.timestamp,
        key: hex(cursor.key()),
        value: hex(cursor.value()),
      }).toEqual({ offset, timestamp, key, value });
    }
    expect(cursor.next()).toBe(false);
  }
});

/** Bytes whose checksum is right, whatever they say. */
function withCrc(bytes: Buffer): MessageView {
  bytes.writeUInt32BE(crc32(bytes.subarray(16)), 12);
  return new MessageView(bytes, 0);
}

function plain(magic: 0 | 1): Buffer {
  const found = messages.find(
    ({ entry }) => entry.magic === magic && entry.compression === "none" && entry.records[0]!.key !== null,
  )!;
  return Buffer.from(found.view.bytes());
}

function compressed(magic: 0 | 1, compression: string): Buffer {
  return Buffer.from(
    messages.find(({ entry }) => entry.magic === magic && entry.compression === compression)!.view.bytes(),
  );
}

test("where the broker has set the time of a compressed message, it is that of all its records", async () => {
  const bytes = compressed(1, "gzip");
  bytes[17]! |= 0x08;
  bytes.writeInt32BE(0x151, 18);
  bytes.writeInt32BE(42, 22);
  const records = await recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax);
  const setMs = 0x151 * 2 ** 32 + 42;
  expect(records.map(({ timestamp }) => timestamp)).toEqual([setMs, setMs, setMs, setMs]);
});

describe("a message that is not what its format demands", () => {
  const keySizeAt = { 0: 18, 1: 26 } as const;

  test.each([
    ["a key that reaches behind it", 0x7fffffff],
    ["a key that leaves no room for the size of the value", 12],
  ])("%s is refused", async (_, size) => {
    for (const magic of [0, 1] as const) {
      const bytes = plain(magic);
      bytes.writeInt32BE(magic === 0 || size > 12 ? size : size + 8, keySizeAt[magic]);
      await expect(recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax)).rejects.toThrow(/reaches behind/);
    }
  });

  test("a value that is longer than what is there is refused", async () => {
    for (const magic of [0, 1] as const) {
      const bytes = plain(magic);
      const at = keySizeAt[magic];
      bytes.writeInt32BE(1_000, at + 4 + bytes.readInt32BE(at));
      await expect(recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax)).rejects.toThrow(/reaches behind/);
    }
  });

  test("a compressed one without a value, of a codec that came later, or of none, is refused", async () => {
    const empty = compressed(1, "gzip").subarray(0, 34);
    empty.writeInt32BE(22, 8);
    empty.writeInt32BE(-1, 30);
    const rejects = (bytes: Buffer) => expect(recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax)).rejects;
    await rejects(empty).toThrow("compressed record set with null value (magic = 1)");
    const zstd = compressed(0, "gzip");
    zstd[17] = 4;
    await rejects(zstd).toThrow("Invalid wrapper compressionType");
    const unknown = compressed(0, "gzip");
    unknown[17] = 7;
    await rejects(unknown).toThrow("Unknown compression type id: 7");
    const wrong = compressed(1, "snappy");
    wrong[17] = 1;
    await rejects(wrong).toThrow("Failed to decompress record stream");
  });

  test("an outer offset before the last inner one is refused, and 0 stands for any", async () => {
    const bytes = compressed(1, "gzip");
    bytes.writeInt32BE(1, 4);
    await expect(recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax)).rejects.toThrow(
      "wrapper offset '1' is less than the last inner message offset '3' and it is not zero",
    );
    bytes.writeInt32BE(0, 4);
    const records = await recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax);
    expect(records.map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
  });

  async function packed(magic: 0 | 1, inner: Buffer): Promise<Buffer> {
    const value = await nodeCompute.compress("gzip", inner);
    const head = compressed(magic, "gzip").subarray(0, keySizeAt[magic] + 8);
    head.writeInt32BE(value.length, keySizeAt[magic] + 4);
    head.writeInt32BE(head.length + value.length - 12, 8);
    return Buffer.concat([head, value]);
  }

  test("what it unpacks to is looked at as well", async () => {
    const rejects = (bytes: Buffer) => expect(recordsOfMessage(withCrc(bytes), nodeCompute, sizeBytesMax)).rejects;
    await rejects(await packed(0, Buffer.alloc(0))).toThrow("no inner records");
    await rejects(await packed(1, Buffer.alloc(40))).toThrow("less than the minimum record overhead (14)");
    await rejects(await packed(0, compressed(0, "gzip"))).toThrow("Inner messages must not be compressed");
    const newer = plain(0);
    newer[16] = 2;
    await rejects(await packed(0, newer)).toThrow("Invalid magic found in record: 2");
    const bomb = await packed(0, Buffer.alloc(sizeBytesMax + 1));
    await rejects(bomb).toThrow("Failed to decompress record stream");
    // The rest of a producer's buffer that was full.
    const whole = plain(0);
    const cut = await packed(0, Buffer.concat([whole, whole.subarray(0, whole.length - 1)]));
    expect(await recordsOfMessage(withCrc(cut), nodeCompute, sizeBytesMax)).toHaveLength(1);
  });

  test("offsets that do not ascend make no batch", async () => {
    const view = withCrc(plain(0));
    const [record] = await recordsOfMessage(view, nodeCompute, sizeBytesMax);
    expect(() => batchOfRecords(view, [record!, record!])).toThrow("cannot follow");
    expect(() => batchOfRecords(view, [record!, { ...record!, offset: 2 ** 40 }])).toThrow("cannot follow");
  });

  test("the checksum in the header of an LZ4 frame counts in format 1 alone", async () => {
    const ofFormat1 = compressed(1, "lz4");
    const frameAt = ofFormat1.indexOf(Buffer.from("04224d18", "hex"));
    ofFormat1[frameAt + 6]! ^= 1;
    await expect(recordsOfMessage(withCrc(ofFormat1), nodeCompute, sizeBytesMax)).rejects.toThrow(
      "Failed to decompress",
    );
  });

  test("any byte of it may be any other: records or an error come of it, and nothing else", async () => {
    for (const { view } of messages) {
      for (let at = 0; at < view.sizeInBytes; at += 3) {
        const bytes = Buffer.from(view.bytes());
        bytes[at]! ^= 0x81;
        const damaged = withCrc(bytes);
        const fits = damaged.sizeInBytes === bytes.length && damaged.magic < 2 && damaged.magic >= 0;
        if (!fits) continue;
        try {
          const records = await recordsOfMessage(damaged, nodeCompute, sizeBytesMax);
          expect(records.length).toBeGreaterThan(0);
        } catch (error) {
          expect(["InvalidRecordError", "CorruptRecordError", "UnreadableRecordsError"]).toContain(
            (error as Error).name,
          );
        }
      }
    }
  });
});
