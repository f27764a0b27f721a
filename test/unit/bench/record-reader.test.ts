import { expect, it } from "vitest";
import { fetchVersion } from "../../../bench/load/frames.ts";
import { sessionReader } from "../../../bench/load/record-reader.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { decodeRequestHeader, encodeResponseFrame } from "../../../src/protocol/request-header.ts";

function requestOf(frame: Buffer) {
  const reader = new Reader(frame, 4);
  decodeRequestHeader(reader, 2);
  return codecOf(apis.fetch.request, fetchVersion).decode(reader);
}

it("a session's first request names every partition, later ones only what has moved", () => {
  const reader = sessionReader("t", 3);
  for (let partition = 0; partition < 3; partition++) reader.moveTo(partition, 0);
  const first = requestOf(reader.next());
  expect(first).toMatchObject({ sessionId: 0, sessionEpoch: 0 });
  expect(first.topics[0]!.partitions.map((partition) => partition.partition)).toEqual([0, 1, 2]);

  const answer = {
    sessionId: 77,
    responses: [
      {
        topic: "t",
        partitions: [
          { partitionIndex: 0, highWatermark: 1, records: Buffer.alloc(0), abortedTransactions: null },
          { partitionIndex: 2, highWatermark: 1, records: Buffer.alloc(90), abortedTransactions: null },
        ],
      },
    ],
  };
  const seen: [number, number][] = [];
  reader.read(encodeResponseFrame(apis.fetch, fetchVersion, 0, answer).toBuffer(), (...part) => seen.push(part));
  expect(seen).toEqual([[2, 90]]);

  reader.moveTo(2, 1);
  const second = requestOf(reader.next());
  expect(second).toMatchObject({ sessionId: 77, sessionEpoch: 1 });
  expect(second.topics[0]!.partitions).toMatchObject([{ partition: 2, fetchOffset: 1 }]);
  expect(requestOf(reader.next())).toMatchObject({ sessionEpoch: 2, topics: [] });
});
