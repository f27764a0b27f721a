import { call } from "../../../bench/harness/admin.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { errorName } from "../../../src/protocol/errors.ts";

/** What a broker answers to a produced batch, and what it keeps of it. */
export interface Answer {
  readonly error: string;
  readonly message: string | null;
  readonly recordErrors: readonly (readonly [batchIndex: number, message: string | null])[];
  /** The partition's log from its start, in hex; empty when nothing was kept. */
  readonly stored: string;
}

/** Bounds that depend on the time of day. */
function withoutTimes(text: string | null): string | null {
  return text === null ? null : text.replace(/\[-?\d+, \d+\]/, "[…]");
}

/** Produces `sent` to a partition that is empty, and fetches what is there then. */
export async function answerTo(port: number, topic: string, partition: number, sent: Buffer): Promise<Answer> {
  const produced = await call(port, apis.produce, 11, {
    acks: -1,
    timeoutMs: 10_000,
    topicData: [{ name: topic, partitionData: [{ index: partition, records: sent }] }],
  });
  const answer = produced.responses[0]!.partitionResponses[0]!;
  const fetched = await call(port, apis.fetch, 12, {
    replicaId: -1,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1 << 20,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
  });
  return {
    error: errorName(answer.errorCode),
    message: withoutTimes(answer.errorMessage),
    recordErrors: answer.recordErrors.map((record) => [record.batchIndex, withoutTimes(record.batchIndexErrorMessage)]),
    stored: fetched.responses[0]!.partitions[0]!.records?.toString("hex") ?? "",
  };
}
