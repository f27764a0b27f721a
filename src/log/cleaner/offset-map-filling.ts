import { type Offset } from "../../base/brand.ts";
import { type DiskFile, type TaskJob, type TaskPorts } from "../../io/ports.ts";
import { type BatchView } from "../../protocol/records/batch-header.ts";
import { recordsOfMessage } from "../../protocol/records/message-records.ts";
import { MessageView } from "../../protocol/records/message-view.ts";
import { RecordCursor } from "../../protocol/records/record-cursor.ts";
import { decompressBatch, payloadOf } from "../../protocol/records/record-iterator.ts";
import { logSuffix, offsetIndexSuffix, segmentFileName } from "../log-files.ts";
import { entryFits } from "../segment/index-fit.ts";
import { OffsetIndex } from "../segment/offset-index.ts";
import { type AbortedTransaction } from "../segment/transaction-index.ts";
import { decompressedBytesMax } from "./batch-filter.ts";
import { BatchReader } from "./batch-reader.ts";
import { type CleanInput } from "./clean-input.ts";
import { CleanedTransactions } from "./cleaned-transactions.ts";
import { type CleanerCounts } from "./cleaner-counts.ts";
import { type IoThrottle } from "./io-throttle.ts";
import { OffsetMap } from "./offset-map.ts";

export interface FillContext {
  readonly ports: TaskPorts;
  readonly throttle: IoThrottle;
  readonly counts: CleanerCounts;
  readonly job: TaskJob<never>;
}

/** Reads the dirty part of a log into an offset map, as much of it as the map may hold. */
export class OffsetMapFilling {
  readonly map: OffsetMap;
  /** The map knows the newest offset of each key up to here; -1 before anything was read. */
  latestOffset: Offset = -1;
  readonly #input: CleanInput;
  readonly #context: FillContext;
  readonly #transactions: CleanedTransactions;

  constructor(input: CleanInput, aborted: readonly AbortedTransaction[], context: FillContext) {
    this.#input = input;
    this.#context = context;
    // The dirty part may have few records: memory is taken for no more than these.
    const records = input.endOffset - input.firstDirtyOffset;
    const entries = Math.min(input.mapEntriesMax, records);
    this.map = new OffsetMap(Math.ceil((entries + 2) / input.mapLoadFactor), input.hashKey);
    const inDirtyPart = aborted.filter(({ lastOffset }) => lastOffset >= input.firstDirtyOffset);
    this.#transactions = new CleanedTransactions(inDirtyPart, () => {});
  }

  async fill(): Promise<void> {
    const { segments, firstDirtyOffset, endOffset } = this.#input;
    for (const [index, segment] of segments.entries()) {
      const next = segments[index + 1]?.baseOffset ?? endOffset;
      if (next <= firstDirtyOffset) continue;
      if (segment.baseOffset >= endOffset || this.#context.job.isCancelled) return;
      if (!(await this.#addSegment(segment))) return;
      // Offsets at the end of a segment may be of records that were compacted away.
      this.latestOffset = Math.min(next, endOffset) - 1;
    }
  }

  /** False when the map is full. */
  async #addSegment({ baseOffset, sizeBytes }: { baseOffset: Offset; sizeBytes: number }): Promise<boolean> {
    const { directory, firstDirtyOffset, ioBufferBytes } = this.#input;
    const { ports, throttle, counts, job } = this.#context;
    const file = ports.disk.open(`${directory}/${segmentFileName(baseOffset, logSuffix)}`, "read");
    try {
      const start =
        baseOffset < firstDirtyOffset ? startFor(firstDirtyOffset, this.#indexOf(baseOffset), file, sizeBytes) : 0;
      const reader = new BatchReader(file, start, sizeBytes, ioBufferBytes);
      while (!job.isCancelled && reader.fill()) {
        await throttle.pass(reader.filledBytes);
        for (let batch = reader.next(); batch !== null; batch = reader.next()) {
          counts.mapBytesRead += batch.sizeInBytes;
          if (!(await this.#addBatch(batch))) return false;
          if (batch.lastOffset >= firstDirtyOffset) this.latestOffset = batch.lastOffset;
        }
      }
      return true;
    } finally {
      file.close();
    }
  }

  #indexOf(baseOffset: Offset): OffsetIndex {
    const path = `${this.#input.directory}/${segmentFileName(baseOffset, offsetIndexSuffix)}`;
    const index = new OffsetIndex(this.#context.ports.disk, path, baseOffset);
    index.file.reload();
    return index;
  }

  async #addBatch(batch: BatchView): Promise<boolean> {
    const { counts, ports } = this.#context;
    if (batch.isControl) {
      this.#transactions.isMarkerOfNothing(batch);
      counts.mapRecordsRead++;
      return true;
    }
    if (this.#transactions.isAborted(batch)) {
      counts.mapRecordsRead += batch.recordCount;
      return true;
    }
    if (batch instanceof MessageView) {
      const records = await recordsOfMessage(batch, ports.compute, decompressedBytesMax);
      return records.every(({ offset, key }) => this.#add(offset, key, 0, key?.length ?? -1));
    }
    const payload = batch.isCompressed
      ? await decompressBatch(batch, ports.compute, decompressedBytesMax)
      : payloadOf(batch);
    return this.#addRecords(batch, payload);
  }

  #addRecords(batch: BatchView, payload: Buffer): boolean {
    const cursor = new RecordCursor(batch, payload);
    while (cursor.next()) {
      if (!this.#add(cursor.offset, payload, cursor.keyStart, cursor.keySizeBytes)) return false;
    }
    return true;
  }

  /** False when the map is full. A record without a key has a negative size of one. */
  #add(offset: Offset, bytes: Buffer | null, keyStart: number, keySizeBytes: number): boolean {
    const { firstDirtyOffset, mapEntriesMax } = this.#input;
    if (bytes !== null && keySizeBytes >= 0 && offset >= firstDirtyOffset) {
      if (this.map.size >= mapEntriesMax) return false;
      this.map.put(bytes, keyStart, keyStart + keySizeBytes, offset);
      this.latestOffset = offset;
    }
    this.#context.counts.mapRecordsRead++;
    return true;
  }
}

/** Where reading for an offset may start: at a batch that ends at or before it, if the index points at one; else at 0. */
function startFor(offset: Offset, index: OffsetIndex, file: DiskFile, sizeBytes: number): number {
  if (!index.file.exists() || !index.isSane(sizeBytes)) return 0;
  const slot = index.slotFor(offset);
  return slot >= 0 && entryFits(file, index, slot) ? index.positionAt(slot) : 0;
}
