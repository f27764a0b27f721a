import { type TimestampMs } from "../base/brand.ts";
import { type Disk, type DiskFile } from "../io/ports.ts";
import { type BatchView } from "../protocol/records/batch-header.ts";
import { batches } from "../protocol/records/batches.ts";
import { type ControlRecord, ControlType, parseControlRecord } from "../protocol/records/control-records.ts";
import { CorruptRecordError } from "../protocol/records/errors.ts";
import { payloadOf, recordsOf } from "../protocol/records/record-iterator.ts";
import { SnapshotBatches, type SnapshotQuorum } from "../protocol/records/snapshot-batches.ts";
import { partialSnapshotFileName, snapshotFileName, type SnapshotId } from "./snapshot-id.ts";

/** Writes one snapshot under a partial name; it counts only once `freeze` has given it its own. */
export class SnapshotWriter {
  readonly id: SnapshotId;
  readonly #disk: Disk;
  readonly #dir: string;
  readonly #file: DiskFile;
  readonly #batches: SnapshotBatches;
  readonly #onFrozen: (id: SnapshotId) => void;
  #sizeBytes = 0;

  constructor(options: {
    disk: Disk;
    dir: string;
    id: SnapshotId;
    quorum: SnapshotQuorum;
    /** Timestamp of the last record that the snapshot stands for. */
    lastContainedLogTimeMs: TimestampMs;
    nowMs: TimestampMs;
    onFrozen: (id: SnapshotId) => void;
  }) {
    const { disk, dir, id, quorum, lastContainedLogTimeMs, nowMs, onFrozen } = options;
    this.id = id;
    this.#disk = disk;
    this.#dir = dir;
    this.#onFrozen = onFrozen;
    this.#file = disk.open(`${dir}/${partialSnapshotFileName(id)}`, "create");
    this.#batches = new SnapshotBatches(id.epoch, nowMs);
    this.#write(this.#batches.header(lastContainedLogTimeMs, quorum));
  }

  append(values: readonly Buffer[]): void {
    if (values.length > 0) this.#write(this.#batches.data(values));
  }

  /** Durable and visible when it resolves. */
  async freeze(): Promise<void> {
    this.#write(this.#batches.footer());
    await this.#file.syncAsync();
    this.#file.close();
    this.#disk.rename(this.#file.path, `${this.#dir}/${snapshotFileName(this.id)}`);
    this.#disk.syncDirectory(this.#dir);
    this.#onFrozen(this.id);
  }

  abort(): void {
    this.#file.close();
    this.#disk.remove(this.#file.path);
  }

  #write(batch: Buffer): void {
    this.#file.write([batch], this.#sizeBytes);
    this.#sizeBytes += batch.length;
  }
}

/** What stands in a snapshot, batch by batch, in the order of the file. */
export type SnapshotContent =
  | { readonly kind: "control"; readonly record: ControlRecord }
  | { readonly kind: "records"; readonly values: readonly Buffer[]; readonly sizeBytes: number };

const chunkSizeBytes = 1 << 20;

/**
 * Reads a snapshot through to its footer.
 * @throws CorruptRecordError when it is torn or a CRC is wrong
 */
export function* readSnapshotFile(file: DiskFile): Generator<SnapshotContent, void, undefined> {
  let hasHeader = false;
  for (const batch of batchesOf(file)) {
    if (!batch.isValidCrc()) throw new CorruptRecordError(`${file.path}: wrong CRC in a batch`);
    const records = recordsOf(batch, payloadOf(batch));
    if (!batch.isControl) {
      const values: Buffer[] = [];
      for (const { value } of records) {
        if (value === null) throw new CorruptRecordError(`${file.path}: a record without value`);
        values.push(value);
      }
      yield { kind: "records", values, sizeBytes: batch.sizeInBytes };
      continue;
    }
    for (const { key, value } of records) {
      const record = parseControlRecord(key, value);
      if (record === undefined) continue;
      if (!hasHeader && record.type !== ControlType.SNAPSHOT_HEADER) {
        throw new CorruptRecordError(`${file.path}: does not begin with a snapshot header`);
      }
      hasHeader = true;
      yield { kind: "control", record };
      if (record.type === ControlType.SNAPSHOT_FOOTER) return;
    }
  }
  throw new CorruptRecordError(`${file.path}: ends before its footer`);
}

/** The file's batches; each is valid until the next is asked for. */
function* batchesOf(file: DiskFile): Generator<BatchView, void, undefined> {
  const sizeBytes = file.sizeBytes();
  let position = 0;
  let wanted = chunkSizeBytes;
  while (position < sizeBytes) {
    const chunk = Buffer.allocUnsafe(Math.min(wanted, sizeBytes - position));
    file.read(chunk, position);
    let consumed = 0;
    for (const batch of batches(chunk)) {
      yield batch;
      consumed += batch.sizeInBytes;
    }
    if (consumed === 0 && chunk.length === sizeBytes - position) return;
    // A batch that is longer than the chunk: read again with more room.
    wanted = consumed === 0 ? wanted * 2 : chunkSizeBytes;
    position += consumed;
  }
}
