import { crc32 } from "@node-rs/crc32";
import { type LeaderEpoch, type ProducerEpoch, type ProducerId, type TimestampMs } from "../../base/brand.ts";
import { readInt64 } from "../../base/int64.ts";
import { BatchView, compressionMask, currentMagic, logAppendTimeBit, magicAt } from "./batch-header.ts";

/**
 * A message of format 0 or 1 (big-endian), as brokers before Kafka 0.11 wrote them. It stands where later formats have a
 * batch, and is seen as one: of one record, or of those that a compressed message has in its value.
 *
 * ```
 *  0 offset int64           of the last record, when there are several
 *  8 size int32
 * 12 crc uint32             CRC-32 from here on to the end
 * 16 magic int8
 * 17 attributes int8        codec, and in format 1 the timestamp's type
 * 18 timestamp int64        in format 1
 *    key size int32 (-1 null) │ key │ value size int32 (-1 null) │ value
 * ```
 */
const crcAt = 12;
const attributesAt = 17;
const timestampAt = 18;

/** Where the size of the key stands. */
export function keySizeAt(magic: number): number {
  return magic === 0 ? timestampAt : timestampAt + 8;
}

/** Without key and value, from the offset on. */
export function messageSizeBytesMin(magic: number): number {
  return keySizeAt(magic) + 8;
}

/** Whether a whole entry of such a size can be a message of that format. */
export function isMessage(magic: number | undefined, sizeBytes: number): boolean {
  return (magic === 0 || magic === 1) && sizeBytes >= messageSizeBytesMin(magic);
}

/** What later formats have in a batch's header a message does not have, or only its records tell. */
export class MessageView extends BatchView {
  override get crc(): number {
    return this.buffer.readUInt32BE(this.start + crcAt);
  }

  override get attributes(): number {
    return (
      this.buffer[this.start + attributesAt]! &
      (this.hasTimestamps ? compressionMask | logAppendTimeBit : compressionMask)
    );
  }

  /** Format 0 has none. */
  get hasTimestamps(): boolean {
    return this.magic > 0;
  }

  override get partitionLeaderEpoch(): LeaderEpoch {
    return -1;
  }

  /** Seen from without the last record is the only one: where the first is, decompression tells. */
  override get lastOffsetDelta(): number {
    return 0;
  }

  override get baseTimestamp(): TimestampMs {
    return this.maxTimestamp;
  }

  override get maxTimestamp(): TimestampMs {
    return this.hasTimestamps ? readInt64(this.buffer, this.start + timestampAt) : -1;
  }

  override get producerId(): ProducerId {
    return -1;
  }

  override get hasProducerId(): boolean {
    return false;
  }

  override get producerEpoch(): ProducerEpoch {
    return -1;
  }

  override get baseSequence(): number {
    return -1;
  }

  /** Whoever takes it for a batch gets no records out of it. */
  override get recordCount(): number {
    return -1;
  }

  override computedCrc(): number {
    return crc32(this.buffer.subarray(this.start + magicAt, this.end));
  }
}

/** What stands at `start`, where a whole batch of any format was found. */
export function batchAt(buffer: Buffer, start: number): BatchView {
  return buffer[start + magicAt] === currentMagic ? new BatchView(buffer, start) : new MessageView(buffer, start);
}
