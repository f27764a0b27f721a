import { type Offset } from "../../base/brand.ts";
import { xxh32 } from "../../base/xxh32.ts";
import { type Compute } from "../../io/ports.ts";
import { buildBatch } from "./batch-builder.ts";
import { BatchView, logOverheadBytes } from "./batch-header.ts";
import { CorruptRecordError, InvalidRecordError } from "./errors.ts";
import { decompressed, type LogRecord } from "./record-iterator.ts";
import { keySizeAt, MessageView, messageSizeBytesMin } from "./message-view.ts";

/** A record of format 0 or 1. */
export interface MessageRecord extends LogRecord {
  readonly crc: number;
  readonly isValidCrc: boolean;
}

const noHeaders = [] as const;

/**
 * The records of a message: itself, or those in the value of a compressed one. Views of the message or of what it unpacks to.
 * @throws InvalidRecordError when it is not what its format demands
 * @throws CodecUnavailable
 */
export async function recordsOfMessage(
  message: MessageView,
  compute: Compute,
  sizeBytesMax: number,
): Promise<MessageRecord[]> {
  if (!message.isCompressed) return [recordOf(message, message.baseOffset, message)];
  const { magic } = message;
  const codec = message.compression;
  if (codec === "zstd") {
    throw new InvalidRecordError(`Invalid wrapper compressionType found in legacy deep record iterator ${magic}`);
  }
  const { value } = recordOf(message, message.baseOffset, message);
  if (value === null) {
    throw new InvalidRecordError(`Found invalid compressed record set with null value (magic = ${magic})`);
  }
  const packed = codec === "lz4" && magic === 0 ? withHeaderChecksum(value) : value;
  const inner = [...messagesIn(await decompressed(message, packed, compute, sizeBytesMax))];
  const last = inner.at(-1);
  if (last === undefined) throw new InvalidRecordError("Found invalid compressed record set with no inner records");
  const base = magic === 0 ? 0 : baseOffsetOf(message, last);
  return inner.map((each) => {
    if (each.isCompressed) throw new InvalidRecordError("Inner messages must not be compressed");
    return recordOf(each, base + each.baseOffset, message);
  });
}

/** In format 1 inner offsets count from 0, and the outer one is that of the last. Some producers left it 0. */
function baseOffsetOf(outer: MessageView, last: MessageView): Offset {
  if (outer.baseOffset === 0) return 0;
  if (outer.baseOffset < last.baseOffset) {
    throw new InvalidRecordError(
      `Found invalid wrapper offset in compressed v1 message set, wrapper offset '${outer.baseOffset}' is less than the last inner message offset '${last.baseOffset}' and it is not zero.`,
    );
  }
  return outer.baseOffset - last.baseOffset;
}

/** Whole messages; less than one at the end is what a producer's full buffer left. */
function* messagesIn(bytes: Buffer): Generator<MessageView, void, undefined> {
  for (let start = 0; bytes.length - start >= messageSizeBytesMin(0);) {
    const message = new MessageView(bytes, start);
    if (message.sizeInBytes < messageSizeBytesMin(0)) {
      throw new CorruptRecordError(
        `Record size is less than the minimum record overhead (${messageSizeBytesMin(0) - logOverheadBytes})`,
      );
    }
    if (message.end > bytes.length) return;
    yield message;
    start = message.end;
  }
}

/** @param outer the message that it came in; its time counts when the broker has set it */
function recordOf(message: MessageView, offset: Offset, outer: MessageView): MessageRecord {
  const { buffer, start, end, magic } = message;
  if (magic !== 0 && magic !== 1) throw new InvalidRecordError(`Invalid magic found in record: ${magic}`);
  const keyStart = start + keySizeAt(magic) + 4;
  const key = sizedBytes(buffer, keyStart, end);
  const value = sizedBytes(buffer, keyStart + (key?.length ?? 0) + 4, end);
  const isAppendTime = magic > 0 && outer.timestampType === "logAppendTime";
  return {
    offset,
    timestamp: isAppendTime ? outer.maxTimestamp : message.maxTimestamp,
    key,
    value,
    headers: noHeaders,
    sizeBytes: end - start,
    crc: message.crc,
    isValidCrc: message.isValidCrc(),
  };
}

/** Bytes at `start`, which their size stands before; null when that is negative. */
function sizedBytes(buffer: Buffer, start: number, end: number): Buffer | null {
  const sizeBytes = start > end ? 0 : buffer.readInt32BE(start - 4);
  if (start > end || sizeBytes > end - start) throw new InvalidRecordError("A key or value reaches behind its message");
  return sizeBytes < 0 ? null : buffer.subarray(start, start + sizeBytes);
}

/**
 * Clients that wrote format 0 computed the checksum in the header of an LZ4 frame over too much: nobody checks it there.
 *
 * `magic u32 │ flags u8 │ block descriptor u8 │ [content size u64] │ checksum u8`: the second byte of XXH32 over what follows the magic
 */
function withHeaderChecksum(frame: Buffer): Buffer {
  const descriptorAt = 4;
  const hasContentSize = ((frame[descriptorAt] ?? 0) & 0x08) !== 0;
  const checksumAt = descriptorAt + (hasContentSize ? 10 : 2);
  if (frame.length <= checksumAt) return frame;
  const mended = Buffer.from(frame);
  mended[checksumAt] = (xxh32(mended, descriptorAt, checksumAt) >>> 8) & 0xff;
  return mended;
}

/**
 * The records as a batch of the current format, not compressed, as Kafka's compaction makes one of them: it begins with the
 * first of them and ends with the last.
 *
 * @param baseTimestamp that of the first record when left out
 * @throws InvalidRecordError when offsets do not ascend, or reach too far for one batch
 */
export function batchOfRecords(
  message: MessageView,
  records: readonly MessageRecord[],
  baseTimestamp?: number,
): BatchView {
  const baseOffset = records[0]!.offset;
  let previous = baseOffset - 1;
  for (const { offset } of records) {
    if (offset <= previous || offset - baseOffset > offsetDeltaMax) {
      throw new InvalidRecordError(
        `Offset ${offset} cannot follow ${previous} in a batch that begins at ${baseOffset}`,
      );
    }
    previous = offset;
  }
  const drafts = records.map(({ offset, timestamp, key, value }) => {
    return { timestamp, key, value, offsetDelta: offset - baseOffset };
  });
  const { timestampType } = message;
  const draft = { records: drafts, baseOffset, timestampType };
  return new BatchView(buildBatch(baseTimestamp === undefined ? draft : { ...draft, baseTimestamp }), 0);
}

const offsetDeltaMax = 2_147_483_647;
