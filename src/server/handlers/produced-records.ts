import { type ApiRequest } from "../../protocol/apis.ts";
import { type ErrorCode, Errors } from "../../protocol/errors.ts";
import {
  batchHeaderSizeBytes,
  BatchView,
  currentMagic,
  logOverheadBytes,
  magicAt,
} from "../../protocol/records/batch-header.ts";
import { checkedBatchSizeAt } from "../../protocol/records/batches.ts";

/** A record of the oldest format is no smaller. */
const recordBytesMin = 14;

/** Batches compressed with zstd came with version 7. */
export const zstdVersionMin = 7;

export interface RequestProblem {
  readonly errorCode: ErrorCode;
  readonly message: string | null;
}

/**
 * What makes Kafka refuse a request as a whole: it looks for transactional records before anything else, and stumbles
 * over what is no batch of any format.
 */
export function requestProblem({ transactionalId, topicData }: ApiRequest<"produce">): RequestProblem | undefined {
  for (const { partitionData } of topicData) {
    for (const { records } of partitionData) {
      if (records === null || records.length <= magicAt) continue;
      const batch = new BatchView(records, 0);
      const { magic } = batch;
      const recordBytes = batch.sizeInBytes - logOverheadBytes;
      if (recordBytes < recordBytesMin) {
        const message = `Record size ${recordBytes} is less than the minimum record overhead (${recordBytesMin})`;
        return { errorCode: Errors.CORRUPT_MESSAGE, message };
      }
      if (magic < 0 || magic > currentMagic) {
        return { errorCode: Errors.CORRUPT_MESSAGE, message: `Invalid magic found in record: ${magic}` };
      }
      const isWhole = records.length >= batchHeaderSizeBytes && batch.sizeInBytes <= records.length;
      if (transactionalId === null && isWhole && magic === currentMagic && batch.isTransactional) {
        return { errorCode: Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message: null };
      }
    }
  }
  return undefined;
}

/** Over such a batch Kafka fails before version 7: to see that it is not zstd, it looks for the compression's name. */
export function isOfUnknownCompression(records: Buffer | null): boolean {
  if (records === null || records.length < batchHeaderSizeBytes) return false;
  const batch = new BatchView(records, 0);
  const isWhole = batch.sizeInBytes >= batchHeaderSizeBytes && batch.sizeInBytes <= records.length;
  return isWhole && batch.magic === currentMagic && batch.compression === "unknown";
}

/** A partition takes exactly one batch, of the current format; what is less than a second one is ignored. */
export function recordsError(records: Buffer | null, apiVersion: number): ErrorCode {
  // Too short for a size and a format: no batch at all. The log words other nonsense.
  if (records === null || records.length < magicAt + 1) return Errors.INVALID_RECORD;
  const batch = new BatchView(records, 0);
  if (batch.magic !== currentMagic || batch.sizeInBytes > records.length) return Errors.INVALID_RECORD;
  if (batch.sizeInBytes < batchHeaderSizeBytes) return Errors.CORRUPT_MESSAGE;
  if (batch.compression === "zstd" && apiVersion < zstdVersionMin) return Errors.UNSUPPORTED_COMPRESSION_TYPE;
  return batch.end < records.length ? errorOfSecond(records, batch.end) : Errors.NONE;
}

function errorOfSecond(records: Buffer, start: number): ErrorCode {
  try {
    const sizeBytes = checkedBatchSizeAt(records, start, records.length);
    const isThere = sizeBytes !== undefined && sizeBytes <= records.length - start;
    return isThere ? Errors.INVALID_RECORD : Errors.NONE;
  } catch {
    // No batch can have that size, or that format.
    return Errors.CORRUPT_MESSAGE;
  }
}
