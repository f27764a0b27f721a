import { expect, test } from "vitest";
import { type AppendOrigin } from "../../../../src/log/append-result.ts";
import { type LogConfig } from "../../../../src/log/log-config.ts";
import { type ErrorCode, Errors } from "../../../../src/protocol/errors.ts";
import {
  batchHeaderSizeBytes,
  BatchView,
  lastOffsetDeltaAt,
  lengthAt,
  logOverheadBytes,
  recordCountAt,
} from "../../../../src/protocol/records/batch-header.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { openLog } from "../open-log.ts";

function answerTo(records: Buffer, config: Partial<LogConfig> = {}, origin: AppendOrigin = "client"): ErrorCode {
  const { log } = openLog(new MemoryDisk(), config);
  const result = log.appendAsLeader(records, 0, origin, startMs);
  expect(log.logEndOffset).toBe(result.ok ? 1 : 0);
  return result.ok ? Errors.NONE : result.error;
}

test.each([
  ["max.message.bytes", (maxMessageBytes: number) => ({ maxMessageBytes }), Errors.MESSAGE_TOO_LARGE],
  ["segment.bytes", (segmentBytes: number) => ({ segmentBytes }), Errors.RECORD_LIST_TOO_LARGE],
] as const)("a batch may be as large as %s, and not a byte larger", (_, configOf, error) => {
  const sizeBytes = batch().length;
  expect(answerTo(batch(), configOf(sizeBytes))).toBe(Errors.NONE);
  expect(answerTo(batch(), configOf(sizeBytes - 1))).toBe(error);
});

test("max.message.bytes is for what coordinators write too, and not for the metadata log", () => {
  expect(answerTo(batch(), { maxMessageBytes: 1 }, "coordinator")).toBe(Errors.MESSAGE_TOO_LARGE);
  expect(answerTo(batch(), { maxMessageBytes: 1 }, "raft")).toBe(Errors.NONE);
});

test("a batch of no record is refused, though its offsets say no more than that", () => {
  const empty = batch().subarray(0, batchHeaderSizeBytes);
  empty.writeInt32BE(empty.length - logOverheadBytes, lengthAt);
  empty.writeInt32BE(-1, lastOffsetDeltaAt);
  empty.writeInt32BE(0, recordCountAt);
  new BatchView(empty, 0).updateCrc();
  expect(answerTo(empty)).toBe(Errors.INVALID_RECORD);
});
