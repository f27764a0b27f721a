import { type Offset } from "../../base/brand.ts";
import { crc32c } from "../../base/crc32c.ts";
import { type Disk } from "../../io/ports.ts";
import { codecOf } from "../../protocol/codec.ts";
import { DecodeError, Reader } from "../../protocol/reader.ts";
import { producerSnapshot } from "../../protocol/storage-records/producer-snapshot.ts";
import { Writer } from "../../protocol/writer.ts";
import { replaceFile } from "../directory/checkpoint-file.ts";
import { producerSnapshotSuffix, segmentFileName } from "../log-files.ts";
import { ProducerEntry } from "./producer-entry.ts";

const currentVersion = 1;
/** The version (int16), the CRC-32C of all that follows it (uint32), and the entries. */
const crcAt = 2;
const entriesAt = 6;

export function producerSnapshotPath(directory: string, offset: Offset): string {
  return `${directory}/${segmentFileName(offset, producerSnapshotSuffix)}`;
}

export function writeProducerSnapshot(disk: Disk, path: string, entries: Iterable<ProducerEntry>): void {
  replaceFile(disk, path, producerSnapshotBytes(entries));
}

/** What a snapshot of the producers as they are now consists of. */
export function producerSnapshotBytes(entries: Iterable<ProducerEntry>): Buffer {
  const producerEntries = Array.from(entries, (entry) => ({
    producerId: entry.producerId,
    epoch: entry.producerEpoch,
    lastSequence: entry.lastSequence,
    lastOffset: entry.lastDataOffset,
    offsetDelta: entry.batches.at(-1)?.offsetDelta ?? 0,
    timestamp: entry.lastTimestamp,
    coordinatorEpoch: entry.coordinatorEpoch,
    currentTxnFirstOffset: entry.transactionFirstOffset,
  }));
  const writer = new Writer();
  writer.int16(currentVersion);
  codecOf(producerSnapshot, currentVersion).encode(writer, { crc: 0, producerEntries });
  const bytes = writer.toBuffer();
  bytes.writeUInt32BE(crc32c(bytes, entriesAt), crcAt);
  return bytes;
}

/** The producers of a snapshot; undefined when it is damaged. */
export function readProducerSnapshot(disk: Disk, path: string): ProducerEntry[] | undefined {
  const bytes = disk.readFile(path);
  if (bytes.length < entriesAt || bytes.readInt16BE(0) !== currentVersion) return undefined;
  if (bytes.readUInt32BE(crcAt) !== crc32c(bytes, entriesAt)) return undefined;
  try {
    const { producerEntries } = codecOf(producerSnapshot, currentVersion).decode(new Reader(bytes, crcAt));
    return producerEntries.map(entryFrom);
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

function entryFrom(snapshot: {
  producerId: number;
  epoch: number;
  lastSequence: number;
  lastOffset: number;
  offsetDelta: number;
  timestamp: number;
  coordinatorEpoch: number;
  currentTxnFirstOffset: number;
}): ProducerEntry {
  const { lastSequence, lastOffset, offsetDelta, timestamp } = snapshot;
  const entry = new ProducerEntry(snapshot.producerId);
  entry.producerEpoch = snapshot.epoch;
  entry.coordinatorEpoch = snapshot.coordinatorEpoch;
  entry.lastTimestamp = timestamp;
  entry.transactionFirstOffset = Math.max(-1, snapshot.currentTxnFirstOffset);
  if (lastOffset >= 0) entry.addBatch(snapshot.epoch, { lastSequence, lastOffset, offsetDelta, timestamp });
  return entry;
}
