import { apis, type ApiRequest } from "../../src/protocol/apis.ts";
import { codecOf } from "../../src/protocol/codec.ts";
import { errorName } from "../../src/protocol/errors.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { encodeRequestFrame } from "../../src/protocol/request-header.ts";
import { type Draft } from "../../src/protocol/schema.ts";
import { fetchedSizeBytes, fetchErrorAt, FetchFrame, fetchVersion } from "./frames.ts";

/** Told for each partition that a fetch brought something from. */
type OnRecords = (partition: number, sizeBytes: number) => void;

/** A consumer's side of the protocol: what to ask next, and what an answer brought. */
export interface RecordReader {
  /** The size of the largest answer that `read` needs whole. */
  readonly headSizeBytes: number;
  next(): Buffer;
  moveTo(partition: number, offset: number): void;
  read(frame: Buffer, onRecords: OnRecords): void;
}

const fetchSizeBytes = 1 << 20;
const maxWaitMs = 500;

/** One partition, without a session: the request is changed in place and only the answer's head is looked at. */
export function singleReader(topic: string): RecordReader {
  const frame = new FetchFrame(topic, fetchSizeBytes, maxWaitMs);
  const errorAt = fetchErrorAt(topic);
  return {
    headSizeBytes: errorAt + 64,
    next: () => frame.bytes,
    moveTo: (_, offset) => frame.setOffset(offset),
    read: (head, onRecords) => onRecords(0, fetchedSizeBytes(head, errorAt)),
  };
}

/** Many partitions in a fetch session, as consumers read them: after the first request only what has moved is named. */
export function sessionReader(topic: string, partitions: number): RecordReader {
  const moved = new Map<number, number>();
  let sessionId = 0;
  let sessionEpoch = 0;
  const codec = codecOf(apis.fetch.response, fetchVersion);
  return {
    // The first answer names every partition.
    headSizeBytes: fetchSizeBytes + 4096 + partitions * 64,
    moveTo: (partition, offset) => moved.set(partition, offset),
    next: () => {
      const named = [...moved].map(([partition, fetchOffset]) => ({
        partition,
        fetchOffset,
        partitionMaxBytes: fetchSizeBytes,
      }));
      moved.clear();
      const body: Draft<ApiRequest<"fetch">> = {
        replicaId: -1,
        maxWaitMs,
        minBytes: 1,
        maxBytes: fetchSizeBytes,
        sessionId,
        sessionEpoch,
        topics: named.length === 0 ? [] : [{ topic, partitions: named }],
      };
      sessionEpoch++;
      return encodeRequestFrame(apis.fetch, fetchVersion, { correlationId: 0, clientId: "bench" }, body).toBuffer();
    },
    read: (frame, onRecords) => {
      // Length, correlation id, tags.
      const response = codec.decode(new Reader(frame, 9));
      if (response.errorCode !== 0) throw new Error(`fetch session: ${errorName(response.errorCode)}`);
      sessionId = response.sessionId;
      for (const { partitionIndex, errorCode, records } of response.responses[0]?.partitions ?? []) {
        if (errorCode !== 0) throw new Error(`fetch: ${errorName(errorCode)}`);
        if (records !== null && records.length > 0) onRecords(partitionIndex, records.length);
      }
    },
  };
}
