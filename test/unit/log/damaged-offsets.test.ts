import { expect, test } from "vitest";
import { scanHeaders } from "../../../src/log/batch-scan.ts";
import { lastOffsetDeltaAt } from "../../../src/protocol/records/batch-header.ts";
import { MemoryDisk } from "../../sim/memory-disk.ts";
import { batch, startMs } from "./batches.ts";
import { logDirectory, openLog } from "./open-log.ts";

const logFile = `${logDirectory}/00000000000000000000.log`;
const config = { indexIntervalBytes: 200, retentionMs: 1_000_000, segmentBytes: 4_000_000 };
const count = 60;

/** A log of which one batch, of a segment that has ended or not, has another base offset than it was given, which no checksum covers, or end. */
function damagedLog(disk: MemoryDisk, index: number, byte: number, bit: number, hasEnded: boolean) {
  const { log, queue } = openLog(disk, config);
  for (let each = 0; each < count; each++) {
    log.appendAsLeader(batch({ timestamp: startMs + each }), 0, "client", startMs);
  }
  queue.flush();
  if (hasEnded) log.roll();
  log.appendAsLeader(batch(), 0, "client", startMs);
  queue.flush();
  log.close();
  const file = disk.open(logFile, "update");
  const positions: number[] = [];
  scanHeaders(file, 0, file.sizeBytes(), (_, position) => positions.push(position) > 0);
  const header = Buffer.alloc(lastOffsetDeltaAt + 4);
  file.read(header, positions[index]!);
  header.writeUInt8(header.readUInt8(byte) ^ bit, byte);
  file.write([header], positions[index]!);
  file.close();
  return openLog(disk, config, { hadCleanShutdown: true });
}

const changes: [string, number, number][] = [
  ["far behind all others", 3, 0x40],
  ["behind what a segment can hold", 4, 0x80],
  ["behind the next ones", 7, 0x40],
  ["before the segment", 0, 0x80],
  ["before the one that precedes it", 7, 0x04],
  ["with its end before its beginning", lastOffsetDeltaAt, 0x80],
];

test.each(changes)("one flipped bit that puts a batch %s makes nothing throw, wherever it is", (_, byte, bit) => {
  for (let index = 0; index < count; index++) {
    const disk = new MemoryDisk();
    const { log, time, diskErrors } = damagedLog(disk, index, byte, bit, true);
    log.highWatermark = log.logEndOffset;
    expect(() => log.deleteOldSegments(time.wallMs(), () => undefined)).not.toThrow();
    for (let offset = 0; offset <= count; offset++) expect(() => log.read(offset, 100, count + 1, true)).not.toThrow();
    expect(log.read(count, 1_000, count + 1, true)).toMatchObject({ ok: true, endOffset: count + 1 });
    expect(log.appendAsLeader(batch(), 0, "client", startMs)).toMatchObject({ ok: true });
    expect(diskErrors).toEqual([]);
  }
});

test.each(changes)("one flipped bit that puts a batch %s lets the segment be appended to", (_, byte, bit) => {
  for (let index = 0; index < count; index++) {
    const { log, queue, diskErrors } = damagedLog(new MemoryDisk(), index, byte, bit, false);
    for (let each = 0; each < 10; each++) {
      expect(log.appendAsLeader(batch({ timestamp: startMs + count }), 0, "client", startMs)).toMatchObject({
        ok: true,
      });
    }
    queue.flush();
    const end = log.logEndOffset;
    expect(log.read(end - 1, 1_000, end, true)).toMatchObject({ ok: true, endOffset: end });
    expect(diskErrors).toEqual([]);
  }
});
