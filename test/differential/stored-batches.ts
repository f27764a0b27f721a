import { crc32c } from "../../src/base/crc32c.ts";
import { nodeCompute } from "../../src/io/node/node-compute.ts";
import { type BatchView } from "../../src/protocol/records/batch-header.ts";
import { batches } from "../../src/protocol/records/batches.ts";
import { ControlType, parseControlRecord } from "../../src/protocol/records/control-records.ts";
import { RecordCursor } from "../../src/protocol/records/record-cursor.ts";
import { decompressBatch, payloadOf } from "../../src/protocol/records/record-iterator.ts";
import { type Names } from "./normalise.ts";

const payloadBytesMax = 16_777_216;
/** Records have times of the past, unless it matters how old they are. */
const nowMsMin = 1_750_000_000_000;

export function timeName(timestamp: number): string {
  return timestamp > nowMsMin ? "now" : `${timestamp}`;
}

/** By its order: how many epochs a restart takes depends on how long it takes. */
export function epochName(epoch: number, names: Names): string {
  return epoch < 0 ? "no epoch" : names.numbered("epoch", epoch);
}

/** One line a batch. What the broker has compressed is told by its content: the same records may be other bytes there. */
export async function storedBatches(records: Buffer, names: Names): Promise<string[]> {
  const lines: string[] = [];
  for (const batch of batches(records)) {
    const { baseOffset, lastOffset, recordCount, partitionLeaderEpoch } = batch;
    const range = `${baseOffset}..${lastOffset} (${recordCount}) ${epochName(partitionLeaderEpoch, names)}`;
    lines.push(`${range} ${kindOf(batch, names)} ${await contentOf(batch)}`);
  }
  return lines;
}

/** What the header says of a batch, but for its place and times. */
export function kindOf(batch: BatchView, names: Names): string {
  const { compression, isTransactional, isControl, timestampType, producerId, producerEpoch, baseSequence } = batch;
  const words: string[] = [compression];
  if (timestampType === "logAppendTime") words.push("log append time");
  if (isTransactional) words.push("transactional");
  if (isControl) words.push("control");
  if (producerId >= 0) words.push(`${names.numbered("producer", producerId)} epoch ${producerEpoch}`);
  words.push(`sequence ${baseSequence}`);
  return words.join(" ");
}

async function contentOf(batch: BatchView): Promise<string> {
  if (batch.isControl) return endOf(batch);
  const content = crc32c(await decompressBatch(batch, nodeCompute, payloadBytesMax)).toString(16);
  return `${content} max time ${timeName(batch.maxTimestamp)}`;
}

function endOf(batch: BatchView): string {
  const cursor = new RecordCursor(batch, payloadOf(batch));
  const record = cursor.next() ? parseControlRecord(cursor.key(), cursor.value()) : undefined;
  return record?.type === ControlType.COMMIT ? "commit" : "abort";
}
