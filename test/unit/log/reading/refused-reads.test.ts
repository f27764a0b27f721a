import { expect, test } from "vitest";
import { Errors } from "../../../../src/protocol/errors.ts";
import { MemoryDisk } from "../../../sim/memory-disk.ts";
import { batch, startMs } from "../batches.ts";
import { logDirectory, type LogUnderTest, openLog } from "../open-log.ts";

const logFile = `${logDirectory}/00000000000000000000.log`;

function append({ log, queue }: LogUnderTest, count: number): void {
  for (let index = 0; index < count; index++) {
    const records = batch({ timestamp: startMs + index });
    expect(log.appendAsLeader(records, 0, "client", startMs)).toMatchObject({ ok: true });
  }
  queue.flush();
}

test("a read of a log that was moved aside is refused and harms neither its directory nor its successor", () => {
  const disk = new MemoryDisk();
  const subject = openLog(disk);
  append(subject, 10);
  subject.log.moveAside("/data/topic-0.x-delete");
  expect(subject.log.read(0, 100, 10, true)).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
  expect(subject.diskErrors).toEqual([]);
  disk.mkdir(logDirectory);
  subject.log.read(0, 100, 10, true);
  expect(disk.list(logDirectory)).toEqual([]);
});

test("where a header is damaged the reader is told, and does not get nothing for ever", () => {
  const disk = new MemoryDisk();
  const written = openLog(disk);
  append(written, 200);
  written.log.close();
  const file = disk.open(logFile, "readwrite");
  file.write([Buffer.from([0xff])], (file.sizeBytes() / 200) * 50 + 8);
  file.close();
  const { log } = openLog(disk, {}, { hadCleanShutdown: true });
  expect(log.read(49, 1_000, 200, true)).toMatchObject({ ok: true, endOffset: 50 });
  expect(log.read(50, 1_000, 200, true)).toEqual({ ok: false, error: Errors.CORRUPT_MESSAGE });
  expect(log.read(120, 1_000, 200, true)).toMatchObject({ ok: true, endOffset: 133 });
});

test("a segment that somebody removed is missed, and does not come back empty", () => {
  const disk = new MemoryDisk();
  const written = openLog(disk);
  append(written, 10);
  written.log.close();
  const { log, diskErrors } = openLog(disk, {}, { hadCleanShutdown: true });
  disk.remove(logFile);
  expect(log.read(3, 1_000, 10, true)).toEqual({ ok: false, error: Errors.KAFKA_STORAGE_ERROR });
  expect(diskErrors).toHaveLength(1);
  expect(disk.exists(logFile)).toBe(false);
});
