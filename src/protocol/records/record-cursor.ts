import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { readVarint, readVarlong, VarintError, VarintTooWideError, type ByteCursor } from "../../base/varint.ts";
import { type BatchView } from "./batch-header.ts";
import { InvalidRecordError, UnreadableRecordsError } from "./errors.ts";

export interface RecordHeader {
  readonly key: string;
  readonly value: Buffer | null;
}

/**
 * Steps through the records of a batch without making an object for each; what `next` found stands in the fields. The
 * structure of every record is checked, headers included.
 *
 * ```
 * record = size varint │ attributes int8 │ timestamp delta varlong │ offset delta varint
 *        │ key size varint (-1 null) │ key │ value size varint │ value │ header count varint │ headers
 * header = key size varint │ key │ value size varint (-1 null) │ value
 * ```
 */
export class RecordCursor {
  offset: Offset = -1;
  timestamp: TimestampMs = -1;
  offsetDelta = 0;
  /** With the size prefix. */
  sizeBytes = 0;
  /** -1 when the key is null. */
  keySizeBytes = -1;
  /** -1 when the value is null. */
  valueSizeBytes = -1;
  headerCount = 0;
  /** Where in the payload the key is, if there is one. */
  keyStart = 0;
  /** Where in the payload the value is, if there is one. */
  valueStart = 0;
  /** Where in the payload that begins which does not depend on the batch's timestamps: the offset delta. */
  restStart = 0;
  /** Where in the payload the record ends. */
  end = 0;

  readonly #at: { readonly buffer: Buffer; offset: number; end: number };
  readonly #payloadEnd: number;
  readonly #baseOffset: Offset;
  readonly #baseTimestamp: TimestampMs;
  readonly #logAppendTime: TimestampMs | undefined;
  #remaining: number;
  #headersAt = 0;

  /**
   * @param payload the records of `batch`, uncompressed
   * @throws InvalidRecordError when the record count is negative
   */
  constructor(batch: BatchView, payload: Buffer) {
    this.#at = { buffer: payload, offset: 0, end: payload.length };
    this.#payloadEnd = payload.length;
    this.#baseOffset = batch.baseOffset;
    this.#baseTimestamp = batch.baseTimestamp;
    this.#logAppendTime = batch.timestampType === "logAppendTime" ? batch.maxTimestamp : undefined;
    this.#remaining = batch.recordCount;
    if (this.#remaining < 0) {
      throw new InvalidRecordError(`Found invalid record count ${this.#remaining} in magic v${batch.magic} batch`);
    }
  }

  /**
   * Moves to the next record; false behind the last.
   * @throws InvalidRecordError when the bytes are not the records that the header announced
   */
  next(): boolean {
    const at = this.#at;
    if (this.#remaining === 0) {
      if (at.offset === this.#payloadEnd) return false;
      throw new InvalidRecordError("Incorrect declared batch size, records still remaining in file");
    }
    this.#remaining--;
    try {
      this.#read();
    } catch (error) {
      if (error instanceof VarintTooWideError) throw new UnreadableRecordsError(error.message);
      if (error instanceof VarintError)
        throw new InvalidRecordError(`Found invalid record structure: ${error.message}`);
      throw error;
    }
    return true;
  }

  #read(): void {
    const at = this.#at;
    at.end = this.#payloadEnd;
    const start = at.offset;
    if (start >= at.end) throw new InvalidRecordError("Incorrect declared batch size, premature EOF reached");
    const bodySizeBytes = readVarint(at);
    const bodyStart = at.offset;
    if (bodySizeBytes < 0 || bodySizeBytes > at.end - bodyStart) {
      throw new InvalidRecordError(
        `Invalid record size: expected ${bodySizeBytes} bytes in record payload, but instead the buffer has only ${at.end - bodyStart} remaining bytes.`,
      );
    }
    // A record that is wrong inside must not reach into the next one.
    const end = bodyStart + bodySizeBytes;
    at.end = end;
    at.offset++; // The attributes of a record have no meaning yet.
    const timestampDelta = readVarlong(at);
    this.restStart = at.offset;
    const offsetDelta = readVarint(at);
    this.offsetDelta = offsetDelta;
    this.offset = this.#baseOffset + offsetDelta;
    this.timestamp = this.#logAppendTime ?? this.#baseTimestamp + timestampDelta;
    this.keySizeBytes = readVarint(at);
    this.keyStart = at.offset;
    skip(at, this.keySizeBytes);
    this.valueSizeBytes = readVarint(at);
    this.valueStart = at.offset;
    skip(at, this.valueSizeBytes);
    this.headerCount = readVarint(at);
    this.#headersAt = at.offset;
    if (this.headerCount !== 0) skipHeaders(at, this.headerCount);
    if (at.offset !== end) {
      throw new InvalidRecordError(
        `Invalid record size: expected to read ${bodySizeBytes} bytes in record payload, but instead read ${at.offset - bodyStart}`,
      );
    }
    this.end = end;
    this.sizeBytes = end - start;
  }

  /** A view of the key of the current record. */
  key(): Buffer | null {
    const size = this.keySizeBytes;
    return size < 0 ? null : this.#at.buffer.subarray(this.keyStart, this.keyStart + size);
  }

  /** A view of the value of the current record. */
  value(): Buffer | null {
    const size = this.valueSizeBytes;
    return size < 0 ? null : this.#at.buffer.subarray(this.valueStart, this.valueStart + size);
  }

  headers(): RecordHeader[] {
    const headers: RecordHeader[] = [];
    const { buffer, end } = this.#at;
    const at = { buffer, offset: this.#headersAt, end };
    for (let count = 0; count < this.headerCount; count++) {
      const keySize = readVarint(at);
      const key = buffer.toString("utf8", at.offset, at.offset + keySize);
      at.offset += keySize;
      const valueSize = readVarint(at);
      const value = valueSize < 0 ? null : buffer.subarray(at.offset, at.offset + valueSize);
      if (value !== null) at.offset += valueSize;
      headers.push({ key, value });
    }
    return headers;
  }
}

function skip(at: ByteCursor, sizeBytes: number): void {
  if (sizeBytes <= 0) return;
  if (sizeBytes > at.end - at.offset)
    throw new VarintError(`${sizeBytes} bytes announced, ${at.end - at.offset} there`);
  at.offset += sizeBytes;
}

function skipHeaders(at: ByteCursor, count: number): void {
  if (count < 0) throw new InvalidRecordError(`Found invalid number of record headers ${count}`);
  if (count > at.end - at.offset) {
    throw new InvalidRecordError(
      `Found invalid number of record headers. ${count} is larger than the remaining size of the buffer`,
    );
  }
  for (let index = 0; index < count; index++) {
    const keySize = readVarint(at);
    if (keySize < 0) throw new InvalidRecordError(`Invalid negative header key size ${keySize}`);
    skip(at, keySize);
    skip(at, readVarint(at));
  }
}
