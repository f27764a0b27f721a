import { type LeaderEpoch, type Offset, type TimestampMs } from "../base/brand.ts";
import { type Clock, type Logger, type Timers } from "../io/ports.ts";
import { type MetadataDelta } from "./delta/metadata-delta.ts";
import { imageRecords } from "./image-records.ts";
import { type MetadataImage } from "./image/metadata-image.ts";
import { type LoaderManifest, type Publisher } from "./publisher.ts";
import { encodeMetadataRecord } from "./record-serde.ts";

/** Takes one snapshot; raft's writer. */
export interface SnapshotSinkWriter {
  append(values: readonly Buffer[]): void;
  /** Durable and visible when it resolves. */
  freeze(): Promise<void>;
  abort(): void;
}

export interface SnapshotSink {
  /** undefined when there is such a snapshot already. */
  createSnapshot(
    id: { readonly offset: Offset; readonly epoch: LeaderEpoch },
    lastContainedLogTimeMs: TimestampMs,
  ): SnapshotSinkWriter | undefined;
}

export interface SnapshotGeneratorOptions {
  /** `metadata.log.max.record.bytes.between.snapshots` */
  readonly bytesBetweenMax: number;
  /** `metadata.log.max.snapshot.interval.ms`; 0 snapshots by bytes alone. */
  readonly intervalMsMax: number;
  readonly sink: SnapshotSink;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** Records in one batch of a snapshot, and between two turns of the event loop. */
const recordsPerBatch = 1024;

/** Writes a snapshot of the image when enough of the log has passed, one at a time, beside the other work. */
export class SnapshotGenerator implements Publisher {
  readonly name = "snapshot generator";
  readonly #options: SnapshotGeneratorOptions;
  #bytesSinceLast = 0;
  #lastAtMs: number;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: SnapshotGeneratorOptions) {
    this.#options = options;
    this.#lastAtMs = options.clock.monotonicMs();
  }

  publish(_delta: MetadataDelta, image: MetadataImage, manifest: LoaderManifest): void {
    if (manifest.source === "snapshot") return this.#reset();
    this.#bytesSinceLast += manifest.sizeBytes;
    if (this.#isClosed || this.#running !== undefined || !image.provenance.isOffsetBatchAligned) return;
    if (!this.#isDue()) return;
    this.#reset();
    this.#running = this.#emit(image).finally(() => (this.#running = undefined));
  }

  /** Waits for a snapshot that is being written. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#running;
  }

  #isDue(): boolean {
    const { bytesBetweenMax, intervalMsMax, clock } = this.#options;
    if (this.#bytesSinceLast >= bytesBetweenMax) return true;
    return intervalMsMax !== 0 && clock.monotonicMs() - this.#lastAtMs >= intervalMsMax;
  }

  #reset(): void {
    this.#bytesSinceLast = 0;
    this.#lastAtMs = this.#options.clock.monotonicMs();
  }

  async #emit(image: MetadataImage): Promise<void> {
    const { sink, logger } = this.#options;
    const { lastContainedOffset, lastContainedEpoch, lastContainedLogTimeMs } = image.provenance;
    const id = { offset: lastContainedOffset + 1, epoch: lastContainedEpoch };
    let writer: SnapshotSinkWriter | undefined;
    try {
      writer = sink.createSnapshot(id, lastContainedLogTimeMs);
      if (writer === undefined) return;
      await this.#write(image, writer);
      await writer.freeze();
      logger.info(id, "wrote a snapshot of the metadata");
    } catch (error) {
      // The log still holds everything; the next snapshot tries again.
      logger.error({ ...id, error: String(error) }, "cannot write a snapshot of the metadata");
      writer?.abort();
    }
  }

  async #write(image: MetadataImage, writer: SnapshotSinkWriter): Promise<void> {
    let values: Buffer[] = [];
    for (const record of imageRecords(image)) {
      values.push(encodeMetadataRecord(record));
      if (values.length < recordsPerBatch) continue;
      writer.append(values);
      values = [];
      await new Promise<void>((resolve) => this.#options.timers.after(0, resolve));
    }
    writer.append(values);
  }
}
