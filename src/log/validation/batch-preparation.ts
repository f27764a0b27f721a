import { type TimestampMs } from "../../base/brand.ts";
import { type Compute, type Task } from "../../io/ports.ts";
import { Errors } from "../../protocol/errors.ts";
import { BatchView } from "../../protocol/records/batch-header.ts";
import { InvalidRecordError } from "../../protocol/records/errors.ts";
import { decompressBatch } from "../../protocol/records/record-iterator.ts";
import { type AppendFailure, appendFailure } from "../append-result.ts";
import { type LogConfig } from "../log-config.ts";
import { recompressed, targetCompression } from "./recompression.ts";
import { checkRecords } from "./record-check.ts";

/** Smaller batches may grow to this, so that well compressed ones are taken and bombs do not fill the memory. */
const decodedSizeBytesMaxLeast = 67_108_864;
const decodedGrowthMax = 16;

/** The records to append in place of those that came; they are the same bytes unless a rule asks for others. */
export interface PreparedRecords {
  readonly ok: true;
  readonly records: Buffer;
}

/** What `prepare` needs, as it passes from thread to thread. */
export interface PreparationInput {
  /** The one batch. */
  readonly records: Uint8Array;
  readonly config: LogConfig;
  readonly nowMs: TimestampMs;
  /** The partition's, for messages. */
  readonly name: string;
}

/** Buffers arrive as plain arrays of bytes. */
export type PreparationOutput = { readonly ok: true; readonly records: Uint8Array } | AppendFailure;

/** As `prepare`, for batches of so many records that a look at each would hold the event loop up. */
export const preparationTask: Task<PreparationInput, never, PreparationOutput> = {
  name: "prepare",
  isUrgent: true,
  run: (input, { compute }) => prepare(input, compute),
};

/** Decompresses a client's batch, looks at its records, and compresses them as the topic wants them. */
export async function prepare(
  { records, config, nowMs, name }: PreparationInput,
  compute: Compute,
): Promise<PreparedRecords | AppendFailure> {
  const batch = new BatchView(Buffer.from(records.buffer, records.byteOffset, records.byteLength), 0);
  // The CRC is the log's to refuse; here it tells damage on the way from a producer's mistake.
  if (!batch.isValidCrc()) return appendFailure(Errors.CORRUPT_MESSAGE, null);
  let payload: Buffer;
  try {
    payload = await decompressBatch(batch, compute, decodedSizeBytesMax(config));
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return appendFailure(error.cause instanceof RangeError ? Errors.MESSAGE_TOO_LARGE : error.code, null);
  }
  const target = targetCompression(batch, config);
  const staysCompressed = target === batch.compression;
  const checked = checkRecords(batch, payload, config, nowMs, name, staysCompressed);
  if (!checked.ok) return checked;
  if (!staysCompressed && target !== "unknown") {
    // Kafka's builder of batches takes neither such records nor such a producer, and says so.
    const { producerId, producerEpoch, baseSequence } = batch;
    const isIncomplete = producerId !== -1 && (producerEpoch === -1 || baseSequence < 0);
    if (checked.hasNegativeTimestamp || isIncomplete) return appendFailure(Errors.UNKNOWN_SERVER_ERROR, null);
    const { compressionLevel } = config;
    return { ok: true, records: await recompressed(batch, payload, checked, target, compressionLevel, compute) };
  }
  // Kafka fails to number such records anew, and says so.
  if (!checked.isDense) return appendFailure(Errors.UNKNOWN_SERVER_ERROR, null);
  if (config.messageTimestampType === "CreateTime") batch.setMaxTimestampAndType(checked.maxTimestamp, "createTime");
  return { ok: true, records: batch.buffer };
}

function decodedSizeBytesMax({ maxMessageBytes }: LogConfig): number {
  return Math.max(decodedSizeBytesMaxLeast, maxMessageBytes * decodedGrowthMax);
}
