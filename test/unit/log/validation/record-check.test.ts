import { expect, test } from "vitest";
import { defaultLogConfig, type LogConfig } from "../../../../src/log/log-config.ts";
import { checkRecords } from "../../../../src/log/validation/record-check.ts";
import { buildBatch } from "../../../../src/protocol/records/batch-builder.ts";
import { BatchView } from "../../../../src/protocol/records/batch-header.ts";
import { payloadOf } from "../../../../src/protocol/records/record-iterator.ts";
import { batch, startMs } from "../batches.ts";

function check(records: Buffer, config: Partial<LogConfig>) {
  const view = new BatchView(records, 0);
  return checkRecords(view, payloadOf(view), { ...defaultLogConfig, ...config }, startMs, "topic-0", false);
}

/** Of the record of a batch that is refused for its timestamp. */
function messageOf(timestamp: number, config: Partial<LogConfig>): string | null | undefined {
  const checked = check(batch({ timestamp }), config);
  return checked.ok ? undefined : checked.recordErrors[0]?.message;
}

/** A batch of a record at each time. */
function batchAt(...timestamps: number[]): Buffer {
  return buildBatch({ records: timestamps.map((timestamp) => ({ key: null, value: Buffer.from("x"), timestamp })) });
}

const within = (timestamp: number, range: string) =>
  `Timestamp ${timestamp} of message with offset 0 is out of range. The timestamp should be within ${range}`;

test("the bounds of timestamps are told to the last digit, and come round where Kafka's do", () => {
  const inAWeek = startMs + 7 * 86_400_000;
  expect(messageOf(inAWeek, {})).toBe(within(inAWeek, "[-9223370336854775807, 1700003600000]"));
  // What a topic's configuration has where the key says 9223372036854775807.
  const config = { messageTimestampBeforeMaxMs: 1_000, messageTimestampAfterMaxMs: 2 ** 63 };
  expect(messageOf(1_000, config)).toBe(within(1_000, "[1699999999000, -9223370336854775809]"));
  expect(messageOf(startMs, config)).toBe(undefined);
});

test("the records at the bounds are within them, also of a batch that has others", () => {
  const config = { messageTimestampBeforeMaxMs: 1_000, messageTimestampAfterMaxMs: 2_000 };
  const checked = check(batchAt(startMs - 1_001, startMs - 1_000, startMs + 2_000, startMs + 2_001), config);
  expect(checked.ok ? [] : checked.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([0, 3]);
});

test("records of one batch may be months apart", () => {
  const first = startMs - 100 * 86_400_000;
  expect(check(batchAt(first, startMs, first - 1), {})).toMatchObject({
    ok: true,
    maxTimestamp: startMs,
    firstTimestamp: first,
  });
});
