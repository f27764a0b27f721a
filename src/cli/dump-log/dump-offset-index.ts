import { WordlessError } from "../client/kafka-error.ts";
import { longText } from "../../protocol/message-json.ts";
import { type DumpLogOptions } from "./dump-log-options.ts";
import { type Findings } from "./findings.ts";
import { OffsetIndexEntries } from "./index-entries.ts";
import { type NamedFile } from "./named-file.ts";
import { type Output } from "./output.ts";
import { SegmentReader } from "./segment-reader.ts";

/** Prints an offset index and compares it with its segment: each entry is the last offset of the batch that it points to. */
export async function dumpOffsetIndex(
  file: NamedFile,
  options: DumpLogOptions,
  output: Output,
  findings: Findings,
): Promise<void> {
  const messageSizeBytesMax = options.value("max-message-size") ?? 0;
  const reader = new SegmentReader(log(file));
  try {
    const index = new OffsetIndexEntries(file);
    if (index.count === 0) return output.line(`${file.path} is empty.`);
    if (options.has("index-sanity-check")) {
      index.check();
      return output.line(`${file.path} passed sanity check.`);
    }
    await output.track({ what: `Reading ${file.name}`, total: index.count, unit: "entries" }, async (tell) => {
      for (let slot = 0; slot < index.count; slot++) {
        const offset = index.offsetAt(slot);
        // The zeros of a file that was not cut to its entries: a crash leaves one so.
        if (slot > 0 && offset === index.baseOffset) return;
        const lastOffset = lastOffsetAt(reader, index.positionAt(slot), messageSizeBytesMax);
        if (lastOffset !== offset) findings.offsetMismatch(file.absolutePath, offset, lastOffset);
        if (!options.has("verify-index-only")) {
          output.line(`offset: ${longText(offset)} position: ${index.positionAt(slot)}`);
        }
        await output.relieve();
        await tell(slot + 1);
      }
    });
  } finally {
    reader.close();
  }
}

function log(file: NamedFile): string {
  // The offset in the name is read first, and complained of first.
  void file.baseOffset;
  return file.sibling(".log").path;
}

/** @throws ClientError when no whole batch begins there */
function lastOffsetAt(reader: SegmentReader, position: number, sizeBytesMax: number): number {
  const { value: batch } = reader.batches(position, reader.endOf(position, sizeBytesMax)).next();
  if (batch === undefined) throw new WordlessError("java.util.NoSuchElementException");
  return batch.header().lastOffset;
}
