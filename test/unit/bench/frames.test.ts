import { describe, expect, it } from "vitest";
import {
  fetchedSizeBytes,
  fetchErrorAt,
  FetchFrame,
  fetchVersion,
  produceBatch,
  produceErrorAt,
  produceFrame,
  produceVersion,
} from "../../../bench/load/frames.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { decodeRequestHeader, encodeResponseFrame } from "../../../src/protocol/request-header.ts";

function bodyReader(frame: Buffer): Reader {
  const reader = new Reader(frame, 4);
  decodeRequestHeader(reader, 2);
  return reader;
}

describe("pre-encoded frames", () => {
  it("a produce request carries its batch", () => {
    const batch = produceBatch(3, 100);
    const request = codecOf(apis.produce.request, produceVersion).decode(bodyReader(produceFrame("t", [5], batch)));
    expect(request.acks).toBe(-1);
    expect(request.topicData[0]!.partitionData[0]).toEqual({ index: 5, records: batch });
  });

  it("a fetch request takes another offset in its place", () => {
    const frame = new FetchFrame("t", 1000, 500);
    for (const offset of [0, 7, 2 ** 40 + 3]) {
      frame.setOffset(offset);
      const request = codecOf(apis.fetch.request, fetchVersion).decode(bodyReader(frame.bytes));
      expect(request.topics[0]!.partitions[0]!.fetchOffset).toBe(offset);
      expect(request.sessionEpoch).toBe(-1);
    }
  });

  it("the error code of a produce response stands where it is looked for", () => {
    const body = { responses: [{ name: "topic", partitionResponses: [{ index: 63, errorCode: 6 as const }] }] };
    const frame = encodeResponseFrame(apis.produce, produceVersion, 0, body).toBuffer();
    expect(frame.readInt16BE(produceErrorAt("topic"))).toBe(6);
  });

  it.each([0, 1, 200, 70_000])("the size of %i fetched bytes is found", (sizeBytes) => {
    const partition = {
      partitionIndex: 0,
      highWatermark: 9,
      records: Buffer.alloc(sizeBytes),
      abortedTransactions: null,
    };
    const body = { responses: [{ topic: "topic", partitions: [partition] }] };
    const frame = encodeResponseFrame(apis.fetch, fetchVersion, 0, body).toBuffer();
    expect(fetchedSizeBytes(frame.subarray(0, 256), fetchErrorAt("topic"))).toBe(sizeBytes);
  });

  it("a failed fetch is an error", () => {
    const body = { responses: [{ topic: "topic", partitions: [{ partitionIndex: 0, errorCode: 3 as const }] }] };
    const frame = encodeResponseFrame(apis.fetch, fetchVersion, 0, body).toBuffer();
    expect(() => fetchedSizeBytes(frame, fetchErrorAt("topic"))).toThrow("UNKNOWN_TOPIC_OR_PARTITION");
  });
});
