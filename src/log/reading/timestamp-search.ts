import { type LeaderEpoch, type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Compute } from "../../io/ports.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { recordsOfMessage } from "../../protocol/records/message-records.ts";
import { batchAt, MessageView } from "../../protocol/records/message-view.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { decompressBatch, payloadOf } from "../../protocol/records/record-iterator.ts";
import { scanBatches } from "../batch-scan.ts";
import { type Segment } from "../segment/segment.ts";
import { type Segments } from "../segment/segments.ts";

export interface TimestampedOffset {
  readonly timestamp: TimestampMs;
  readonly offset: Offset;
  /** Of the batch that has the record. */
  readonly leaderEpoch: LeaderEpoch;
}

/** A batch may say of itself that it decompresses to anything: what is behind this is not looked for. */
const decompressedBytesMax = 256 * 1024 * 1024;
/** After so many records of a batch others have their turn: a million in one go take a fifth of a second. */
const recordsOfStep = 20_000;

/** Resolves in a later turn of the event loop. */
export type NextTurn = () => Promise<void>;

/** The first record at or behind `logStartOffset` that is not older than `timestamp`. */
export async function offsetForTimestamp(
  segments: Segments,
  logStartOffset: Offset,
  timestamp: TimestampMs,
  compute: Compute,
  nextTurn: NextTurn,
): Promise<TimestampedOffset | undefined> {
  for (let offset: Offset | undefined = logStartOffset; offset !== undefined;) {
    const segment = segments.holding(offset);
    if (!segment.indexes.isMaxTimestampKnown) {
      await lookInto(segment, nextTurn);
      // Another one may be in its place by then.
      continue;
    }
    offset = segments.behind(segment.baseOffset)?.baseOffset;
    // A loss of power may have left one behind which the log goes on.
    if (segment.sizeBytes === 0) continue;
    // As in Kafka, where nothing has a timestamp the file's counts, and the search ends there.
    if (segment.age.timestamp < timestamp) continue;
    if (segment.indexes.maxTimestamp < 0) return undefined;
    let fromOffset = segment.indexes.times.offsetFor(timestamp - 1);
    for (;;) {
      const batch = firstBatch(segment, fromOffset, (candidate) => {
        return candidate.maxTimestamp >= timestamp && candidate.lastOffset >= logStartOffset;
      });
      if (batch === undefined) break;
      const found = await findRecord(
        batch,
        compute,
        nextTurn,
        (at, offset) => at >= timestamp && offset >= logStartOffset,
      );
      if (found !== undefined) return found;
      // The log starts within the batch, behind those of its records that are young enough.
      fromOffset = batch.nextOffset;
    }
  }
  return undefined;
}

/** The first record with the largest timestamp in the log; where none has a timestamp, as in Kafka, the first of all. */
export async function offsetOfMaxTimestamp(
  segments: Segments,
  compute: Compute,
  nextTurn: NextTurn,
): Promise<TimestampedOffset | undefined> {
  for (let each: Segment | undefined = segments.first; each !== undefined; each = segments.behind(each.baseOffset)) {
    if (!each.indexes.isMaxTimestampKnown) await lookInto(each, nextTurn);
  }
  let newest = segments.first;
  for (const segment of segments.all()) {
    if (segment.indexes.maxTimestamp > newest.indexes.maxTimestamp) newest = segment;
  }
  const { maxTimestamp } = newest.indexes;
  const batch = firstBatch(
    newest,
    newest.indexes.offsetOfMaxTimestamp,
    (candidate) => candidate.maxTimestamp === maxTimestamp,
  );
  // Messages of a format without timestamps are not looked into.
  if (batch === undefined || (batch instanceof MessageView && !batch.hasTimestamps)) return undefined;
  return findRecord(batch, compute, nextTurn, (at) => at === maxTimestamp);
}

/**
 * Has the largest timestamp of a segment in memory that was found at a start. For that the indexes are read and checked,
 * megabytes of them in a large one: one segment in a turn of the event loop, and they are not kept.
 */
async function lookInto(segment: Segment, nextTurn: NextTurn): Promise<void> {
  void segment.indexes.maxTimestamp;
  segment.release();
  await nextTurn();
}

/** The first batch behind `fromOffset` that `isWanted`; a copy, since the next scan takes the buffer while it is opened. */
function firstBatch(
  segment: Segment,
  fromOffset: Offset,
  isWanted: (batch: BatchView) => boolean,
): BatchView | undefined {
  let found: BatchView | undefined;
  scanBatches(segment.file.use(), segment.positionOf(fromOffset), segment.writtenBytes, (batch) => {
    if (!isWanted(batch)) return true;
    found = batchAt(Buffer.from(batch.bytes()), 0);
    return false;
  });
  return found;
}

async function findRecord(
  batch: BatchView,
  compute: Compute,
  nextTurn: NextTurn,
  isWanted: (timestamp: TimestampMs, offset: Offset) => boolean,
): Promise<TimestampedOffset | undefined> {
  if (batch instanceof MessageView) {
    const records = await recordsOfMessage(batch, compute, decompressedBytesMax);
    const record = records.find(({ timestamp, offset }) => isWanted(timestamp, offset));
    return record && { timestamp: record.timestamp, offset: record.offset, leaderEpoch: -1 };
  }
  const payload = batch.isCompressed ? await decompressBatch(batch, compute, decompressedBytesMax) : payloadOf(batch);
  const cursor = new RecordCursor(batch, payload);
  for (let count = 1; cursor.next(); count++) {
    if (count % recordsOfStep === 0) await nextTurn();
    if (!isWanted(cursor.timestamp, cursor.offset)) continue;
    return { timestamp: cursor.timestamp, offset: cursor.offset, leaderEpoch: batch.partitionLeaderEpoch };
  }
  return undefined;
}
