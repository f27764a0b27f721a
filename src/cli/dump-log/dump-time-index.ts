import { longText } from "../../protocol/message-json.ts";
import { type DumpLogOptions } from "./dump-log-options.ts";
import { type Findings } from "./findings.ts";
import { OffsetIndexEntries, TimeIndexEntries } from "./index-entries.ts";
import { type NamedFile } from "./named-file.ts";
import { type Output } from "./output.ts";
import { recordsIn } from "./records-in.ts";
import { SegmentReader } from "./segment-reader.ts";

const noTimestamp = -1;

/**
 * Prints a time index and compares it with its segment: each entry is the last offset of a batch and the largest timestamp
 * in it, and timestamps ascend.
 */
export async function dumpTimeIndex(
  file: NamedFile,
  options: DumpLogOptions,
  output: Output,
  findings: Findings,
): Promise<void> {
  void file.baseOffset;
  const reader = new SegmentReader(file.sibling(".log").path);
  try {
    const offsets = new OffsetIndexEntries(file.sibling(".index"));
    const times = new TimeIndexEntries(file);
    if (options.has("index-sanity-check")) {
      times.check();
      return output.line(`${file.path} passed sanity check.`);
    }
    const segment = new BatchOrder(reader);
    let previous = noTimestamp;
    await output.track({ what: `Reading ${file.name}`, total: times.count, unit: "entries" }, async (tell) => {
      for (let slot = 0; slot < times.count; slot++) {
        const offset = times.offsetAt(slot);
        // The zeros of a file that was not cut to its entries: a crash leaves one so.
        if (slot > 0 && offset === times.baseOffset) return;
        const timestamp = times.timestampAt(slot);
        const found = segment.batchWith(offset, offsets.positionFor(offset));
        if (found?.lastOffset !== offset) {
          findings.offsetNotFound(file.absolutePath, offset, found?.lastOffset ?? -1);
        } else {
          const largest = await largestTimestamp(reader, found.position);
          if (largest !== timestamp) findings.timeMismatch(file.absolutePath, timestamp, largest);
          if (previous >= timestamp) findings.timeOutOfOrder(file.absolutePath, timestamp, previous);
        }
        if (!options.has("verify-index-only"))
          output.line(`timestamp: ${longText(timestamp)} offset: ${longText(offset)}`);
        previous = timestamp;
        await output.relieve();
        await tell(slot + 1);
      }
    });
  } finally {
    reader.close();
  }
}

interface BatchPlace {
  readonly position: number;
  readonly lastOffset: number;
}

/** Where the batches of a segment are: read once, and not again for each entry. */
class BatchOrder {
  readonly #reader: SegmentReader;
  #places: BatchPlace[] = [];
  /** Where in `#places` the batch at a position is. */
  #slots = new Map<number, number>();

  constructor(reader: SegmentReader) {
    this.#reader = reader;
  }

  /** The first batch from `position` on that ends at or behind `offset`. @throws ClientError */
  batchWith(offset: number, position: number): BatchPlace | undefined {
    if (!this.#slots.has(position)) this.#scan(position);
    for (let slot = this.#slots.get(position) ?? 0; slot < this.#places.length; slot++) {
      const place = this.#places[slot];
      if (place !== undefined && place.lastOffset >= offset) return place;
    }
    return undefined;
  }

  #scan(position: number): void {
    this.#places = [];
    this.#slots = new Map();
    for (const batch of this.#reader.batches(position, this.#reader.endOf(position, this.#reader.sizeBytes))) {
      this.#slots.set(batch.position, this.#places.length);
      this.#places.push({ position: batch.position, lastOffset: batch.header().lastOffset });
    }
  }
}

async function largestTimestamp(reader: SegmentReader, position: number): Promise<number> {
  const { value: batch } = reader.batches(position, reader.sizeBytes).next();
  let largest = noTimestamp;
  if (batch === undefined) return largest;
  for await (const { timestamp } of recordsIn(batch)) largest = Math.max(largest, timestamp);
  return largest;
}
