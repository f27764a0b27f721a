import {
  type LeaderEpoch,
  type Offset,
  type ProducerEpoch,
  type ProducerId,
  type TimestampMs,
} from "../../base/brand.ts";
import { crc32c } from "../../base/crc32c.ts";
import { readInt64, writeInt64 } from "../../base/int64.ts";
import { type CompressionName } from "../../io/ports.ts";
import { CorruptRecordError } from "./errors.ts";

/**
 * The header of a record batch, magic 2 (big-endian). A batch is known by `(buffer, start)`; nothing is copied.
 *
 * ```
 *  0 base offset int64          │ assigned by the leader,
 *  8 length int32               │ not covered
 * 12 partition leader epoch i32 │ by the CRC
 * 16 magic int8                 │
 * 17 crc uint32                 │
 * 21 attributes int16           ┐ CRC-32C from here to the end of the batch
 * 23 last offset delta int32    │
 * 27 base timestamp int64       │
 * 35 max timestamp int64        │
 * 43 producer id int64          │
 * 51 producer epoch int16       │
 * 53 base sequence int32        │
 * 57 record count int32         │
 * 61 records                    ┘
 * ```
 */
export const baseOffsetAt = 0;
export const lengthAt = 8;
export const leaderEpochAt = 12;
export const magicAt = 16;
export const crcAt = 17;
export const attributesAt = 21;
export const lastOffsetDeltaAt = 23;
export const baseTimestampAt = 27;
export const maxTimestampAt = 35;
export const producerIdAt = 43;
export const producerEpochAt = 51;
export const baseSequenceAt = 53;
export const recordCountAt = 57;

/** Base offset and length: what is not counted in the length field. */
export const logOverheadBytes = 12;
/** The whole header; the records begin here. */
export const batchHeaderSizeBytes = 61;
/** Smaller is no batch, and no message of the formats before it. */
export const batchSizeBytesMin = 26;
/** Up to and with the magic, which stands at the same place in every format. */
export const headerUpToMagicSizeBytes = 17;

export const currentMagic = 2;

export const compressionMask = 0x07;
export const logAppendTimeBit = 0x08;
export const transactionalBit = 0x10;
export const controlBit = 0x20;
export const deleteHorizonBit = 0x40;

export type TimestampType = "createTime" | "logAppendTime";
/** "unknown": ids that no codec has. */
export type BatchCompression = "none" | CompressionName | "unknown";

const compressionById: readonly BatchCompression[] = [
  "none",
  "gzip",
  "snappy",
  "lz4",
  "zstd",
  "unknown",
  "unknown",
  "unknown",
];

export function compressionId(compression: "none" | CompressionName): number {
  return compressionById.indexOf(compression);
}

const sequenceModulus = 2147483648;

/** The sequence number `by` after `sequence`: they wrap from 2^31 - 1 to 0. */
export function advanceSequence(sequence: number, by: number): number {
  return (sequence + by) % sequenceModulus;
}

/** A view of one whole batch in a buffer. What formats 0 and 1 have in its place is a `MessageView`. */
export class BatchView {
  readonly buffer: Buffer;
  readonly start: number;

  constructor(buffer: Buffer, start: number) {
    this.buffer = buffer;
    this.start = start;
  }

  get baseOffset(): Offset {
    return readInt64(this.buffer, this.start + baseOffsetAt);
  }

  /** The whole batch, with the 12 bytes that its length field does not count. */
  get sizeInBytes(): number {
    return this.buffer.readInt32BE(this.start + lengthAt) + logOverheadBytes;
  }

  /** Where the next batch starts in the buffer. */
  get end(): number {
    return this.start + this.sizeInBytes;
  }

  get partitionLeaderEpoch(): LeaderEpoch {
    return this.buffer.readInt32BE(this.start + leaderEpochAt);
  }

  get magic(): number {
    return this.buffer.readInt8(this.start + magicAt);
  }

  get crc(): number {
    return this.buffer.readUInt32BE(this.start + crcAt);
  }

  get attributes(): number {
    return this.buffer.readInt16BE(this.start + attributesAt);
  }

  get compression(): BatchCompression {
    return compressionById[this.attributes & compressionMask]!;
  }

  get isCompressed(): boolean {
    return (this.attributes & compressionMask) !== 0;
  }

  get timestampType(): TimestampType {
    return (this.attributes & logAppendTimeBit) === 0 ? "createTime" : "logAppendTime";
  }

  get isTransactional(): boolean {
    return (this.attributes & transactionalBit) !== 0;
  }

  get isControl(): boolean {
    return (this.attributes & controlBit) !== 0;
  }

  /** Whether `baseTimestamp` holds the time at which compaction may drop the tombstones of this batch. */
  get hasDeleteHorizon(): boolean {
    return (this.attributes & deleteHorizonBit) !== 0;
  }

  get lastOffsetDelta(): number {
    return this.buffer.readInt32BE(this.start + lastOffsetDeltaAt);
  }

  get lastOffset(): Offset {
    return this.baseOffset + this.lastOffsetDelta;
  }

  /** The offset behind the batch. */
  get nextOffset(): Offset {
    return this.lastOffset + 1;
  }

  get baseTimestamp(): TimestampMs {
    return readInt64(this.buffer, this.start + baseTimestampAt);
  }

  get maxTimestamp(): TimestampMs {
    return readInt64(this.buffer, this.start + maxTimestampAt);
  }

  /** -1 when the batch comes from a producer that is not idempotent. */
  get producerId(): ProducerId {
    return readInt64(this.buffer, this.start + producerIdAt);
  }

  get hasProducerId(): boolean {
    return this.buffer.readInt32BE(this.start + producerIdAt) >= 0;
  }

  get producerEpoch(): ProducerEpoch {
    return this.buffer.readInt16BE(this.start + producerEpochAt);
  }

  /** -1 when there is none. */
  get baseSequence(): number {
    return this.buffer.readInt32BE(this.start + baseSequenceAt);
  }

  get lastSequence(): number {
    const base = this.baseSequence;
    return base < 0 ? base : advanceSequence(base, this.lastOffsetDelta);
  }

  get recordCount(): number {
    return this.buffer.readInt32BE(this.start + recordCountAt);
  }

  /** The whole batch as a slice of the buffer. */
  bytes(): Buffer {
    const { buffer, start, end } = this;
    return start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end);
  }

  setBaseOffset(offset: Offset): void {
    writeInt64(this.buffer, this.start + baseOffsetAt, offset);
  }

  setPartitionLeaderEpoch(epoch: LeaderEpoch): void {
    this.buffer.writeInt32BE(epoch, this.start + leaderEpochAt);
  }

  /** Writes the new CRC too, unless nothing changes. */
  setMaxTimestampAndType(maxTimestamp: TimestampMs, type: TimestampType): void {
    if (this.maxTimestamp === maxTimestamp && this.timestampType === type) return;
    const attributes = this.attributes;
    const changed = type === "logAppendTime" ? attributes | logAppendTimeBit : attributes & ~logAppendTimeBit;
    this.buffer.writeInt16BE(changed, this.start + attributesAt);
    writeInt64(this.buffer, this.start + maxTimestampAt, maxTimestamp);
    this.updateCrc();
  }

  computedCrc(): number {
    return crc32c(this.buffer, this.start + attributesAt, this.end);
  }

  updateCrc(): void {
    this.buffer.writeUInt32BE(this.computedCrc(), this.start + crcAt);
  }

  isValidCrc(): boolean {
    return this.computedCrc() === this.crc;
  }

  /** @throws CorruptRecordError when the CRC is wrong */
  ensureValidCrc(): void {
    const computed = this.computedCrc();
    if (computed !== this.crc) {
      throw new CorruptRecordError(`Record is corrupt (stored crc = ${this.crc}, computed crc = ${computed})`);
    }
  }
}
