import { type LeaderEpoch, type NodeId, type Offset, type TimestampMs } from "../base/brand.ts";
import { MetadataDelta } from "./delta/metadata-delta.ts";
import { imageRecords } from "./image-records.ts";
import { emptyImage, type MetadataImage, type MetadataProvenance } from "./image/metadata-image.ts";
import { type MetadataRecord } from "./metadata-record.ts";
import { type LeaderAndEpoch, type LoaderManifest, type Publisher } from "./publisher.ts";
import { replayedOn } from "./replayed-batch.ts";
import { decodeMetadataRecord, decodeMetadataRecords, encodeMetadataRecord } from "./record-serde.ts";

/** A committed batch of the metadata log, as raft hands it over. */
export interface LoadedBatch {
  readonly baseOffset: Offset;
  readonly lastOffset: Offset;
  readonly epoch: LeaderEpoch;
  readonly appendTimestampMs: TimestampMs;
  readonly sizeBytes: number;
  readonly values: readonly Buffer[];
}

/** A part of a snapshot; what is not "records" is raft's. */
export type LoadedSnapshotContent =
  | { readonly kind: "control" }
  | { readonly kind: "records"; readonly values: readonly Buffer[] };

interface OpenTransaction {
  readonly startOffset: Offset;
  readonly records: MetadataRecord[];
  /** The state that publishers may see until it ends. */
  readonly provenanceBefore: MetadataProvenance;
}

/**
 * Turns the committed log into images and tells the publishers.
 *
 * ```
 * raft ── onSnapshot, onCommit… ──▶ delta ── onCaughtUp ──▶ image ──▶ publisher 1, 2, … ──▶ onPublished
 * ```
 * Records between the begin and the end of a transaction count only once it has ended.
 */
export class MetadataLoader {
  readonly #publishers: Publisher[] = [];
  readonly #onFault: (publisher: string, error: unknown) => void;
  #image: MetadataImage = emptyImage;
  #delta: MetadataDelta | undefined;
  /** What `#delta` makes of the image, when somebody has found that out already. */
  #applied: MetadataImage | undefined;
  #source: LoaderManifest["source"] = "log";
  #provenance: MetadataProvenance = emptyImage.provenance;
  #sizeBytes = 0;
  #transaction: OpenTransaction | undefined;
  #leader: LeaderAndEpoch = { leaderId: -1 as NodeId, epoch: 0 };

  /** @param onFault a publisher threw; the others were still called */
  constructor(onFault: (publisher: string, error: unknown) => void) {
    this.#onFault = onFault;
  }

  /** The last published image. */
  get image(): MetadataImage {
    return this.#image;
  }

  /** Offset of the record that opened a transaction which has not ended; -1 when there is none. */
  get transactionStartOffset(): Offset {
    return this.#transaction?.startOffset ?? -1;
  }

  /** Publishers are called in the order in which they were added. A late one first gets all there is. */
  addPublisher(publisher: Publisher): void {
    this.#publishers.push(publisher);
    if (this.#image.provenance.lastContainedOffset < 0) return;
    const delta = new MetadataDelta();
    for (const record of imageRecords(this.#image)) delta.replay(decodeMetadataRecord(encodeMetadataRecord(record)));
    this.#call(publisher, delta, this.#manifest("snapshot", 0));
  }

  onSnapshot(
    id: { readonly offset: Offset; readonly epoch: LeaderEpoch },
    lastContainedLogTimeMs: TimestampMs,
    content: Iterable<LoadedSnapshotContent>,
  ): void {
    const delta = new MetadataDelta(this.#image);
    for (const part of content) {
      if (part.kind === "records") for (const value of part.values) delta.replay(decodeMetadataRecord(value));
    }
    delta.finishSnapshot();
    this.#delta = delta;
    this.#applied = undefined;
    this.#transaction = undefined;
    this.#source = "snapshot";
    this.#provenance = {
      lastContainedOffset: id.offset - 1,
      lastContainedEpoch: id.epoch,
      lastContainedLogTimeMs,
      isOffsetBatchAligned: true,
    };
  }

  onCommit(batches: readonly LoadedBatch[]): void {
    for (const batch of batches) this.#load(batch);
  }

  onCaughtUp(): void {
    const provenance =
      this.#transaction === undefined
        ? this.#provenance
        : { ...this.#transaction.provenanceBefore, isOffsetBatchAligned: false };
    if (provenance.lastContainedOffset <= this.#image.provenance.lastContainedOffset) return;
    const delta = this.#delta ?? new MetadataDelta(this.#image);
    this.#image = this.#applied === undefined ? delta.apply(provenance) : { ...this.#applied, provenance };
    this.#applied = undefined;
    const manifest = this.#manifest(this.#source, this.#sizeBytes);
    this.#delta = undefined;
    this.#source = "log";
    this.#sizeBytes = 0;
    for (const publisher of this.#publishers) this.#call(publisher, delta, manifest);
  }

  onLeaderChange(leader: LeaderAndEpoch): void {
    this.#leader = leader;
    for (const publisher of this.#publishers) publisher.onControllerChange?.(leader);
  }

  #load(batch: LoadedBatch): void {
    const isFirst = this.#delta === undefined && this.#transaction === undefined;
    const replayed = isFirst ? replayedOn(this.#image, batch.values) : undefined;
    if (replayed !== undefined) {
      this.#delta = replayed.delta;
      this.#applied = replayed.after;
    } else {
      let offset = batch.baseOffset;
      for (const record of decodeMetadataRecords(batch.values)) this.#loadRecord(record, offset++);
    }
    this.#sizeBytes += batch.sizeBytes;
    this.#provenance = {
      lastContainedOffset: batch.lastOffset,
      lastContainedEpoch: batch.epoch,
      lastContainedLogTimeMs: batch.appendTimestampMs,
      isOffsetBatchAligned: true,
    };
  }

  #loadRecord(record: MetadataRecord, offset: Offset): void {
    switch (record.type) {
      case "beginTransaction":
        this.#transaction = { startOffset: offset, records: [], provenanceBefore: this.#provenance };
        return;
      case "abortTransaction":
        this.#transaction = undefined;
        return;
      case "endTransaction": {
        const ended = this.#transaction?.records ?? [];
        this.#transaction = undefined;
        for (const each of ended) this.#replay(each);
        return;
      }
      default:
        if (this.#transaction === undefined) this.#replay(record);
        else this.#transaction.records.push(record);
    }
  }

  #replay(record: MetadataRecord): void {
    this.#applied = undefined;
    (this.#delta ??= new MetadataDelta(this.#image)).replay(record);
  }

  #manifest(source: LoaderManifest["source"], sizeBytes: number): LoaderManifest {
    return { source, provenance: this.#image.provenance, leaderAndEpoch: this.#leader, sizeBytes };
  }

  #call(publisher: Publisher, delta: MetadataDelta, manifest: LoaderManifest): void {
    try {
      publisher.publish(delta, this.#image, manifest);
    } catch (error) {
      this.#onFault(publisher.name, error);
    }
  }
}
