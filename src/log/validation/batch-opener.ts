import { ConcurrencyLimit } from "../../base/concurrency-limit.ts";
import { type TimestampMs } from "../../base/brand.ts";
import { type Compute, type Workers } from "../../io/ports.ts";
import { BatchView } from "../../protocol/records/batch-header.ts";
import { type AppendFailure } from "../append-result.ts";
import { type LogConfig } from "../log-config.ts";
import { prepare, preparationTask, type PreparationInput, type PreparedRecords } from "./batch-preparation.ts";
import { targetCompression } from "./recompression.ts";
import { headerError, holdsBatch } from "./batch-check.ts";

/** As many as the thread pool works on; each may hold as much memory as a batch may grow to. */
const openAtOnceMax = 4;
/**
 * A look at a sound record takes some 10 ns, at a faulty one a microsecond and more. Those of a larger batch are looked at
 * in a thread, which takes about 0.1 ms to be asked and some 50 ms to be started.
 */
export const recordsInPlaceMax = 20_000;

/**
 * Opens clients' batches that cannot be checked as they stand: those that are compressed, or that the topic's
 * `compression.type` wants compressed in another way. It runs before the append, which must not wait.
 */
export class BatchOpener {
  readonly #compute: Compute;
  readonly #workers: Workers;
  readonly #limit = new ConcurrencyLimit(openAtOnceMax);

  constructor(compute: Compute, workers: Workers) {
    this.#compute = compute;
    this.#workers = workers;
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
    const isLarge = came.recordCount > recordsInPlaceMax;
    // The batch stands in a buffer that is received into again when this turn of the event loop is over.
    const input = { records: Buffer.from(came.bytes()), config, nowMs, name };
    return this.#limit.run(() => (isLarge ? this.#prepareInThread(input) : prepare(input, this.#compute)));
  }

  async #prepareInThread(input: PreparationInput): Promise<PreparedRecords | AppendFailure> {
    const prepared = await this.#workers.run(preparationTask, input);
    if (!prepared.ok) return prepared;
    const { buffer, byteOffset, byteLength } = prepared.records;
    return { ok: true, records: Buffer.from(buffer, byteOffset, byteLength) };
  }
}
