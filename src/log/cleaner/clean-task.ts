import { type Offset, type TimestampMs } from "../../base/brand.ts";
import { type Task, type TaskJob, type TaskPorts } from "../../io/ports.ts";
import { MessageView } from "../../protocol/records/message-view.ts";
import {
  cleanedSuffix,
  logSuffix,
  offsetIndexSuffix,
  segmentFileName,
  timeIndexSuffix,
  transactionIndexSuffix,
} from "../log-files.ts";
import { type AbortedTransaction, TransactionIndex } from "../segment/transaction-index.ts";
import { BatchFilter, type BatchFilterOptions } from "./batch-filter.ts";
import { BatchReader } from "./batch-reader.ts";
import { type CleanInput, type CleanOutput, type CleanReport } from "./clean-input.ts";
import { CleanedSegment } from "./cleaned-segment.ts";
import { CleanedTransactions } from "./cleaned-transactions.ts";
import { CleanerCounts } from "./cleaner-counts.ts";
import { IoThrottle } from "./io-throttle.ts";
import { MessageFilter } from "./message-filter.ts";
import { OffsetMapFilling } from "./offset-map-filling.ts";
import { groupSegments } from "./segment-groups.ts";

interface Filters {
  readonly batches: BatchFilter;
  readonly messages: MessageFilter;
}

interface SourceSegment {
  readonly baseOffset: Offset;
  readonly sizeBytes: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
}

/** One round of cleaning of one log. Cancelled, it returns early and leaves nothing behind: what it says is not used then. */
export const cleanTask: Task<CleanInput, CleanReport, CleanOutput> = {
  name: "clean",
  run: (input, ports, job) => new Round(input, ports, job).run(),
};

class Round {
  readonly #input: CleanInput;
  readonly #ports: TaskPorts;
  readonly #job: TaskJob<CleanReport>;
  readonly #throttle: IoThrottle;
  readonly #counts = new CleanerCounts();
  /** Written to at the moment. */
  #target: CleanedSegment | undefined;

  constructor(input: CleanInput, ports: TaskPorts, job: TaskJob<CleanReport>) {
    this.#input = input;
    this.#ports = ports;
    this.#job = job;
    this.#throttle = new IoThrottle(input, ports, () => job.isCancelled);
  }

  async run(): Promise<CleanOutput> {
    const { segments, endOffset, segmentBytesMax, indexBytesMax } = this.#input;
    const counts = this.#counts;
    this.#removeLeftovers();
    const aborted = this.#abortedTransactions();
    const context = { ports: this.#ports, throttle: this.#throttle, counts, job: this.#job };
    const filling = new OffsetMapFilling(this.#input, aborted, context);
    await filling.fill();
    const { map, latestOffset } = filling;
    counts.mapUtilization = map.size / this.#input.mapEntriesMax;
    const cleanedOffset = latestOffset + 1;
    const transactions = new CleanedTransactions(aborted, (transaction) => this.#target?.addAborted(transaction));
    const options: BatchFilterOptions = {
      ...this.#input,
      map,
      latestOffset,
      transactions,
      producers: new Map(
        this.#input.producers.map(([id, lastDataOffset, producerEpoch]) => [id, { lastDataOffset, producerEpoch }]),
      ),
      compute: this.#ports.compute,
      counts,
    };
    const filters = { batches: new BatchFilter(options), messages: new MessageFilter(options) };
    const sources = segments.filter(({ baseOffset }) => baseOffset < cleanedOffset).map((each) => this.#source(each));
    const limits = { segmentBytes: segmentBytesMax, indexBytes: indexBytesMax, endOffset };
    for (const group of groupSegments(sources, limits)) {
      if (this.#job.isCancelled) break;
      await this.#cleanGroup(group, filters);
    }
    return { cleanedOffset, counts };
  }

  /** A start takes a `.cleaned` file as the sign that what follows it was not finished. */
  #removeLeftovers(): void {
    const { disk } = this.#ports;
    const { directory } = this.#input;
    for (const file of disk.list(directory)) if (file.endsWith(cleanedSuffix)) disk.remove(`${directory}/${file}`);
  }

  async #cleanGroup(group: readonly SourceSegment[], filters: Filters): Promise<void> {
    const { directory, indexIntervalBytes, ioBufferBytes } = this.#input;
    const { disk } = this.#ports;
    const { baseOffset } = group[0]!;
    const target = new CleanedSegment(disk, directory, baseOffset, indexIntervalBytes, ioBufferBytes);
    this.#target = target;
    try {
      for (const source of group) {
        if (this.#job.isCancelled) break;
        await this.#cleanSegment(source, filters, target);
      }
      if (!this.#job.isCancelled) target.finish(this.#modifiedMs(group.at(-1)!.baseOffset));
    } catch (error) {
      target.close();
      // What failed is not hidden behind a failure to clear it away: a start does that too.
      attempt(() => target.remove());
      throw error;
    }
    if (this.#job.isCancelled) {
      target.close();
      target.remove();
    } else this.#job.report({ baseOffset, replaces: group.map((each) => each.baseOffset) });
  }

  async #cleanSegment(source: SourceSegment, filters: Filters, target: CleanedSegment): Promise<void> {
    const file = this.#ports.disk.open(this.#path(source.baseOffset, logSuffix), "read");
    try {
      const reader = new BatchReader(file, 0, source.sizeBytes, this.#input.ioBufferBytes);
      while (!this.#job.isCancelled && reader.fill()) {
        await this.#throttle.pass(reader.filledBytes);
        const sizeBefore = target.sizeBytes;
        for (let batch = reader.next(); batch !== null; batch = reader.next()) {
          this.#counts.bytesRead += batch.sizeInBytes;
          const kept =
            batch instanceof MessageView
              ? await filters.messages.filter(batch, this.#keepsTombstones(source))
              : await filters.batches.filter(batch);
          if (kept !== null) target.append(kept);
        }
        const writtenBytes = target.sizeBytes - sizeBefore;
        this.#counts.bytesWritten += writtenBytes;
        await this.#throttle.pass(writtenBytes);
      }
    } finally {
      file.close();
    }
  }

  /** Of old formats: until `delete.retention.ms` has passed between their segment and the last one that was clean. */
  #keepsTombstones({ baseOffset }: SourceSegment): boolean {
    const { segments, firstDirtyOffset, deleteRetentionMs } = this.#input;
    const lastClean = segments.findLast((segment) => segment.baseOffset < firstDirtyOffset);
    if (lastClean === undefined) return true;
    return this.#modifiedMs(baseOffset) > this.#modifiedMs(lastClean.baseOffset) - deleteRetentionMs;
  }

  #modifiedMs(baseOffset: Offset): TimestampMs {
    return this.#ports.disk.stat(this.#path(baseOffset, logSuffix)).modifiedMs;
  }

  #source({ baseOffset, sizeBytes }: { baseOffset: Offset; sizeBytes: number }): SourceSegment {
    return {
      baseOffset,
      sizeBytes,
      offsetIndexBytes: this.#sizeOf(this.#path(baseOffset, offsetIndexSuffix)),
      timeIndexBytes: this.#sizeOf(this.#path(baseOffset, timeIndexSuffix)),
    };
  }

  /** By the indexes of all segments: a transaction that begins in the part to be cleaned may end behind it. */
  #abortedTransactions(): AbortedTransaction[] {
    const { disk } = this.#ports;
    const { segments, abortedTransactions } = this.#input;
    const found: AbortedTransaction[] = [];
    for (const { baseOffset } of segments) {
      const path = this.#path(baseOffset, transactionIndexSuffix);
      if (!disk.exists(path)) continue;
      const index = new TransactionIndex(disk, path);
      index.file.reload();
      for (let slot = 0; slot < index.count; slot++) found.push(index.at(slot));
    }
    found.push(...abortedTransactions);
    return found;
  }

  #sizeOf(path: string): number {
    const { disk } = this.#ports;
    return disk.exists(path) ? disk.stat(path).sizeBytes : 0;
  }

  #path(baseOffset: Offset, suffix: string): string {
    return `${this.#input.directory}/${segmentFileName(baseOffset, suffix)}`;
  }
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The caller has something worse to tell.
  }
}
