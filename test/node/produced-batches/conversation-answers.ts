import { call } from "../../../bench/harness/admin.ts";
import { nodeCompute } from "../../../src/io/node/node-compute.ts";
import { apis } from "../../../src/protocol/apis.ts";
import { errorName } from "../../../src/protocol/errors.ts";
import { type BatchView } from "../../../src/protocol/records/batch-header.ts";
import { batches } from "../../../src/protocol/records/batches.ts";
import { decompressBatch } from "../../../src/protocol/records/record-iterator.ts";

/** What a broker answers to each of a few batches, and what it keeps of them. */
export interface Exchange {
  readonly answers: readonly Answered[];
  readonly stored: readonly object[];
}

const aYearAgo = Date.now() - 365 * 86_400_000;

interface Answered {
  readonly error: string;
  readonly message: string | null;
  readonly recordErrors: readonly (readonly [batchIndex: number, message: string | null])[];
  readonly baseOffset: number;
  readonly logAppendTimeMs: number | string;
  readonly logStartOffset: number;
}

/** A time of the run becomes a word: it is another one in each. */
const timeOf = (timestamp: number): number | string =>
  timestamp > aYearAgo && timestamp < aYearAgo + 2 * 365 * 86_400_000 ? "now" : timestamp;
const withoutTimes = (text: string | null): string | null => text?.replaceAll(/\[-?\d+, -?\d+\]/g, "[…]") ?? null;

export async function exchangeWith(port: number, topic: string, partition: number, sends: Buffer[]): Promise<Exchange> {
  const answers: Answered[] = [];
  for (const records of sends) {
    const { responses } = await call(port, apis.produce, 11, {
      acks: -1,
      timeoutMs: 10_000,
      topicData: [{ name: topic, partitionData: [{ index: partition, records }] }],
    });
    const answer = responses[0]!.partitionResponses[0]!;
    answers.push({
      error: errorName(answer.errorCode),
      message: withoutTimes(answer.errorMessage),
      recordErrors: answer.recordErrors.map((each) => [each.batchIndex, withoutTimes(each.batchIndexErrorMessage)]),
      baseOffset: answer.baseOffset,
      logAppendTimeMs: timeOf(answer.logAppendTimeMs),
      logStartOffset: answer.logStartOffset,
    });
  }
  const isTaken = answers.some(({ error }) => error === "NONE");
  const fetched = await call(port, apis.fetch, 12, {
    replicaId: -1,
    // Nothing comes where all was refused; a broker that is busy may take a moment to show what it took.
    maxWaitMs: isTaken ? 5000 : 0,
    minBytes: 1,
    maxBytes: 1 << 20,
    sessionEpoch: -1,
    topics: [{ topic, partitions: [{ partition, fetchOffset: 0, partitionMaxBytes: 1 << 20 }] }],
  });
  const stored: object[] = [];
  for (const batch of batches(fetched.responses[0]!.partitions[0]!.records ?? Buffer.alloc(0))) {
    stored.push(await described(batch));
  }
  return { answers, stored };
}

/** All that a batch says but the bytes that its codec made: those differ from one library to the other. */
async function described(batch: BatchView): Promise<object> {
  const records = await decompressBatch(batch, nodeCompute, 1 << 20);
  return {
    baseOffset: batch.baseOffset,
    lastOffsetDelta: batch.lastOffsetDelta,
    attributes: batch.attributes,
    baseTimestamp: timeOf(batch.baseTimestamp),
    maxTimestamp: timeOf(batch.maxTimestamp),
    producer: [batch.producerId, batch.producerEpoch, batch.baseSequence],
    recordCount: batch.recordCount,
    isValidCrc: batch.isValidCrc(),
    records: records.toString("hex"),
  };
}
