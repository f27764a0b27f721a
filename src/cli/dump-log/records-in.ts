import { batchHeaderSizeBytes, type BatchView, currentMagic } from "../../protocol/records/batch-header.ts";
import { InvalidRecordError, UnreadableRecordsError } from "../../protocol/records/errors.ts";
import { type MessageRecord, recordsOfMessage } from "../../protocol/records/message-records.ts";
import { MessageView } from "../../protocol/records/message-view.ts";
import { decompressBatch, type LogRecord, payloadOf, recordsOf } from "../../protocol/records/record-iterator.ts";
import { ClientError, WordlessError } from "../client/kafka-error.ts";
import { type FileBatch } from "./segment-reader.ts";

const payloadSizeBytesMax = 2_147_483_647;

/**
 * The records of a batch, whatever its CRC says: a compressed batch is read as a whole before its first record is
 * printed, and bytes behind the last record show before that record does, as in the Java tool.
 */
export async function* recordsIn(fileBatch: FileBatch): AsyncGenerator<LogRecord | MessageRecord, void, undefined> {
  const batch = fileBatch.whole();
  if (fileBatch.magic >= currentMagic && fileBatch.sizeBytes < batchHeaderSizeBytes) {
    throw new WordlessError("java.lang.IndexOutOfBoundsException");
  }
  if (batch.recordCount === 0) return;
  try {
    if (batch instanceof MessageView) return yield* await messageRecords(batch);
    if (batch.isCompressed) yield* await compressedRecords(batch);
    else yield* plainRecords(batch, payloadOf(batch));
  } catch (error) {
    throw javaError(error);
  }
}

/** The codecs' libraries are loaded when a batch needs them. */
async function compressedRecords(batch: BatchView): Promise<LogRecord[]> {
  const { nodeCompute } = await import("../../io/node/node-compute.ts");
  const payload = await decompressBatch(batch, nodeCompute, payloadSizeBytesMax);
  try {
    return [...recordsOf(batch, payload)];
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    // Kafka reads them as a stream, of which nobody knows what is left.
    throw new InvalidRecordError(
      error.message.replace(/instead the buffer has only \d+ remaining bytes\.$/, "the record payload reached EOF."),
    );
  }
}

async function messageRecords(message: MessageView): Promise<MessageRecord[]> {
  const { nodeCompute } = await import("../../io/node/node-compute.ts");
  return recordsOfMessage(message, nodeCompute, payloadSizeBytesMax);
}

function* plainRecords(batch: BatchView, payload: Buffer): Generator<LogRecord, void, undefined> {
  const records = recordsOf(batch, payload);
  for (let remaining = batch.recordCount; ; remaining--) {
    const { value: record } = records.next();
    if (record === undefined) return;
    if (remaining === 1) records.next();
    yield record;
  }
}

function javaError(error: unknown): unknown {
  if (error instanceof UnreadableRecordsError) {
    return new ClientError("org.apache.kafka.common.KafkaException", error.message);
  }
  if (error instanceof InvalidRecordError) {
    return new ClientError(
      "org.apache.kafka.common.InvalidRecordException",
      error.message.replace(/(?<=^Found invalid record structure):.*/, ""),
    );
  }
  return error;
}
