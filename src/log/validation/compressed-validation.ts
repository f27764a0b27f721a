import { ConcurrencyLimit } from "../../base/concurrency-limit.ts";
import { type TimestampMs } from "../../base/brand.ts";
import { type Compute } from "../../io/ports.ts";
import { Errors } from "../../protocol/errors.ts";
import { BatchView } from "../../protocol/records/batch-header.ts";
import { InvalidRecordError } from "../../protocol/records/errors.ts";
import { decompressBatch } from "../../protocol/records/record-iterator.ts";
import { type AppendFailure, appendFailure } from "../append-result.ts";
import { type LogConfig } from "../log-config.ts";
import { recompressed, targetCompression } from "./recompression.ts";
import { checkRecords } from "./record-check.ts";
import { headerError, holdsBatch } from "./validator.ts";

/** Smaller batches may grow to this, so that well compressed ones are taken and bombs do not fill the memory. */
const decodedSizeBytesMaxLeast = 67_108_864;
const decodedGrowthMax = 16;
/** As many as the thread pool works on; each may hold as much memory as a batch may grow to. */
const openAtOnceMax = 4;

/** The records to append in place of those that came; they are the same bytes unless a rule asks for others. */
export interface PreparedRecords {
  readonly ok: true;
  readonly records: Buffer;
}

/**
 * Opens clients' batches that cannot be checked as they stand: those that are compressed, or that the topic's
 * `compression.type` wants compressed in another way. It runs before the append, which must not wait.
 */
export class BatchOpener {
  readonly #compute: Compute;
  readonly #limit = new ConcurrencyLimit(openAtOnceMax);

  constructor(compute: Compute) {
    this.#compute = compute;
  }

  /**
   * Undefined when there is nothing to do here; whatever the log itself refuses by the header is left to it. A batch that
   * would unpack to more than a bound is MESSAGE_TOO_LARGE, which makes producers split it.
   *
   * @param name the partition's, for messages
   */
  open(
    records: Buffer,
    config: LogConfig,
    nowMs: TimestampMs,
    name: string,
  ): Promise<PreparedRecords | AppendFailure> | undefined {
    if (!holdsBatch(records)) return undefined;
    const came = new BatchView(records, 0);
    if (!came.isCompressed && targetCompression(came, config) === "none") return undefined;
    if (came.sizeInBytes > config.maxMessageBytes || headerError(came) !== null) return undefined;
    // The batch stands in a buffer that is received into again when this turn of the event loop is over.
    const batch = new BatchView(Buffer.from(came.bytes()), 0);
    return this.#limit.run(() => prepare(batch, config, this.#compute, nowMs, name));
  }
}

async function prepare(
  batch: BatchView,
  config: LogConfig,
  compute: Compute,
  nowMs: TimestampMs,
  name: string,
): Promise<PreparedRecords | AppendFailure> {
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
    // Kafka's builder of batches takes no such records, and says so.
    if (checked.hasNegativeTimestamp) return appendFailure(Errors.UNKNOWN_SERVER_ERROR, null);
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
