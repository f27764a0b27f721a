import { readUnsignedVarint } from "../../src/base/varint.ts";
import { apis, type Api, type ApiRequest } from "../../src/protocol/apis.ts";
import { errorName } from "../../src/protocol/errors.ts";
import { encodeRequestFrame } from "../../src/protocol/request-header.ts";
import { buildBatch } from "../../src/protocol/records/batch-builder.ts";
import { type Draft } from "../../src/protocol/schema.ts";

/** The newest versions that name topics by name, so that one frame serves every broker. */
export const produceVersion = 11;
export const fetchVersion = 12;

const header = { correlationId: 0, clientId: "bench" };

function frameOf<Request>(api: Api<Request, unknown>, version: number, body: Draft<Request>): Buffer {
  return encodeRequestFrame(api, version, header, body).toBuffer();
}

export function produceBatch(recordsPerBatch: number, valueSizeBytes: number): Buffer {
  const value = Buffer.alloc(valueSizeBytes, "the quick brown fox jumps over the lazy dog; ");
  const timestamp = Date.now();
  return buildBatch({
    records: Array.from({ length: recordsPerBatch }, () => ({ key: null, value, timestamp })),
  });
}

/** As many records as a producer with this `batch.size` would put into one batch. */
export function recordsFitting(batchSizeBytes: number, valueSizeBytes: number): number {
  let count = Math.floor(batchSizeBytes / valueSizeBytes);
  while (produceBatch(count, valueSizeBytes).length > batchSizeBytes) count -= Math.ceil(count / 500);
  return count;
}

/** One request with the batch for each of the partitions. */
export function produceFrame(topic: string, partitions: readonly number[], batch: Buffer): Buffer {
  const body: Draft<ApiRequest<"produce">> = {
    acks: -1,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: partitions.map((index) => ({ index, records: batch })) }],
  };
  return frameOf(apis.produce, produceVersion, body);
}

/** index, error code, base offset, append time, log start offset, no record errors, no message, tags */
export const producePartitionSizeBytes = 4 + 2 + 8 + 8 + 8 + 1 + 1 + 1;

/** Where the first partition's error code stands in a frame that answers `produceFrame` (fewer than 127 partitions). */
export function produceErrorAt(topic: string): number {
  // length, correlation id, tags │ topics, name │ partitions, index
  return 4 + 4 + 1 + 1 + 1 + topic.length + 1 + 4;
}

/** Where the part of the one partition begins (its error code) in a frame that answers `FetchFrame`. */
export function fetchErrorAt(topic: string): number {
  // length, correlation id, tags │ throttle, error, session │ topics, name │ partitions, index
  return 4 + 4 + 1 + 4 + 2 + 4 + 1 + 1 + topic.length + 1 + 4;
}

/** Behind the error code: high watermark, last stable offset, log start offset, aborted (none), preferred replica. */
const fetchRecordsAfterError = 2 + 8 + 8 + 8 + 1 + 4;

/** Size of the records in the head of a frame that answers `FetchFrame`. Throws when it tells of an error. */
export function fetchedSizeBytes(head: Buffer, errorAt: number): number {
  expectNoErrors("fetch", head, errorAt, errorAt + 2, 2);
  const cursor = { buffer: head, offset: errorAt + fetchRecordsAfterError, end: head.length };
  return readUnsignedVarint(cursor) - 1;
}

/** Throws when one of the error codes that stand `distance` bytes apart from `start` to `end` is set. */
export function expectNoErrors(what: string, head: Buffer, start: number, end: number, distance: number): void {
  for (let at = start; at < end; at += distance) {
    const error = head.readInt16BE(at);
    if (error !== 0) throw new Error(`${what}: ${errorName(error)}`);
  }
}

/** A fetch of partition 0 whose offset can be changed in place. */
export class FetchFrame {
  readonly bytes: Buffer;
  readonly #offsetAt: number;

  constructor(topic: string, fetchSizeBytes: number, maxWaitMs: number) {
    const marker = 0x11_2233_4455_6677;
    this.bytes = frameOf(apis.fetch, fetchVersion, {
      replicaId: -1,
      maxWaitMs,
      minBytes: 1,
      maxBytes: fetchSizeBytes,
      sessionEpoch: -1,
      topics: [{ topic, partitions: [{ partition: 0, fetchOffset: marker, partitionMaxBytes: fetchSizeBytes }] }],
    });
    this.#offsetAt = this.bytes.indexOf(Buffer.from("0011223344556677", "hex"));
  }

  setOffset(offset: number): void {
    this.bytes.writeUIntBE(0, this.#offsetAt, 2);
    this.bytes.writeUIntBE(offset, this.#offsetAt + 2, 6);
  }
}
