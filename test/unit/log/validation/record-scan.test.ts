import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { RecordCursor } from "../../../../src/protocol/records/record-cursor.ts";
import { payloadOf } from "../../../../src/protocol/records/record-iterator.ts";
import { scanned, scanRecords } from "../../../../src/log/validation/record-scan.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  // The largest delta of four bytes: what is longer is left to `RecordCursor`.
  timestamp: fc.integer({ min: 0, max: 2 ** 27 - 1 }).map((delta) => 1_700_000_000_000 + delta),
  headers: fc.array(fc.record({ key: fc.string({ maxLength: 70 }), value: fc.option(bytes) }), { maxLength: 3 }),
});
const records = fc.array(record, { minLength: 1, maxLength: 80 });

/** What `RecordCursor` says of the payload; undefined when it refuses it. */
function found(batch: BatchView, payload: Buffer) {
  const timestamps: number[] = [];
  let isDense = true;
  let hasNullKey = false;
  try {
    const cursor = new RecordCursor(batch, payload);
    for (let index = 0; cursor.next(); index++) {
      timestamps.push(cursor.timestamp - batch.baseTimestamp);
      isDense &&= cursor.offsetDelta === index;
      hasNullKey ||= cursor.keySizeBytes < 0;
    }
  } catch {
    return undefined;
  }
  return {
    timestampDeltaFirst: timestamps[0],
    timestampDeltaMin: Math.min(...timestamps),
    timestampDeltaMax: Math.max(...timestamps),
    isDense,
    hasNullKey,
  };
}

describe("a scan of records", () => {
  test("takes what producers write, and finds what a look at each record finds", () => {
    fc.assert(
      fc.property(records, (given) => {
        const batch = new BatchView(buildBatch({ records: given }), 0);
        const payload = payloadOf(batch);
        expect(scanRecords(payload, batch.recordCount)).toBe(true);
        expect(scanned).toEqual(found(batch, payload));
      }),
      { numRuns: 200 },
    );
  });

  test("takes nothing that a look at each record refuses", () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    let taken = 0;
    fc.assert(
      fc.property(records, damage, fc.integer({ min: -2, max: 2 }), fc.nat(3), (given, changes, more, cut) => {
        const batch = new BatchView(buildBatch({ records: given }), 0);
        const whole = Buffer.from(payloadOf(batch));
        for (const [at, value] of changes) whole[at % Math.min(whole.length, 40)] = value;
        const payload = whole.subarray(0, whole.length - cut);
        batch.buffer.writeInt32BE(given.length + more, 57);
        if (!scanRecords(payload, batch.recordCount)) return;
        taken++;
        expect(scanned).toEqual(found(batch, payload));
      }),
      { numRuns: 2_000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test.each([
    ["no record", 0, Buffer.alloc(0)],
    ["a count that is negative", -1, Buffer.alloc(0)],
    ["a payload that ends within a size", 1, Buffer.from([0x80])],
    ["a record that ends within its key", 1, Buffer.from([0x08, 0, 0, 0, 0x40])],
    ["a record that claims a byte of the next", 2, Buffer.from([0x0e, 0, 0, 0, 1, 1, 0, 0x0c, 0, 0, 2, 1, 1, 0])],
    ["more than the records announced", 1, Buffer.from([0x0c, 0, 0, 0, 1, 1, 0, 0])],
  ])("leaves %s to who can say what is wrong", (_, count, payload) => {
    expect(scanRecords(payload, count)).toBe(false);
  });
});
