import { readFileSync } from "node:fs";
import { crc32c } from "../../base/crc32c.ts";
import { codecOf } from "../../protocol/codec.ts";
import { longText } from "../../protocol/message-json.ts";
import { DecodeError, Reader } from "../../protocol/reader.ts";
import { inRange } from "../../protocol/schema.ts";
import { type ProducerSnapshot, producerSnapshot } from "../../protocol/storage-records/producer-snapshot.ts";
import { optionalLong } from "./batch-line.ts";
import { fileError } from "./file-error.ts";
import { type NamedFile } from "./named-file.ts";
import { type Output } from "./output.ts";

/** Behind the version (int16) and the CRC (uint32). */
const entriesAt = 6;
const sequenceModulus = 2_147_483_648;

/** Prints the producers of a snapshot; says what is wrong with one that is damaged. */
export async function dumpProducerSnapshot(file: NamedFile, output: Output): Promise<void> {
  const snapshot = read(file);
  if (typeof snapshot === "string") return output.error(snapshot);
  for (const entry of snapshot.producerEntries) {
    output.line(
      `producerId: ${longText(entry.producerId)} producerEpoch: ${entry.epoch} coordinatorEpoch: ${entry.coordinatorEpoch}` +
        ` currentTxnFirstOffset: ${optionalLong(entry.currentTxnFirstOffset < 0 ? undefined : entry.currentTxnFirstOffset)}` +
        ` lastTimestamp: ${longText(entry.timestamp)}${batchText(entry)}`,
    );
  }
}

/** The last batch; a producer that has only ended transactions has none. */
function batchText(entry: ProducerSnapshot["producerEntries"][number]): string {
  if (entry.lastOffset < 0) return "";
  const { lastSequence, offsetDelta } = entry;
  const firstSequence =
    lastSequence < offsetDelta ? sequenceModulus - (offsetDelta - lastSequence) : lastSequence - offsetDelta;
  return (
    ` firstSequence: ${firstSequence} lastSequence: ${lastSequence} lastOffset: ${longText(entry.lastOffset)}` +
    ` offsetDelta: ${offsetDelta} timestamp: ${longText(entry.timestamp)}`
  );
}

function read(file: NamedFile): ProducerSnapshot | string {
  const bytes = bytesOf(file);
  let snapshot: ProducerSnapshot;
  try {
    const reader = new Reader(bytes);
    const version = reader.int16();
    if (!inRange(producerSnapshot.versions, version)) {
      throw new Error(`Snapshot contained an unknown file version ${version}`);
    }
    snapshot = codecOf(producerSnapshot, version).decode(reader);
  } catch (error) {
    // Where the bytes end too early Java has no message to give.
    return `Snapshot failed schema validation: ${error instanceof DecodeError ? "null" : (error as Error).message}`;
  }
  const computed = crc32c(bytes, entriesAt, bytes.length);
  if (computed === snapshot.crc) return snapshot;
  return `Snapshot is corrupt (CRC is no longer valid). Stored crc: ${snapshot.crc}. Computed crc: ${computed}`;
}

function bytesOf(file: NamedFile): Buffer {
  try {
    return readFileSync(file.absolutePath);
  } catch (error) {
    throw fileError(error, file.path);
  }
}
