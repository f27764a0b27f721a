import { type Offset, type TimestampMs } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import { ControlType } from "../protocol/records/control-records.ts";
import { type SnapshotQuorum } from "../protocol/records/snapshot-batches.ts";
import { readSnapshotFile, SnapshotWriter, type SnapshotContent } from "./snapshot-file.ts";
import { compareSnapshotIds, parseSnapshotFileName, snapshotFileName, type SnapshotId } from "./snapshot-id.ts";

/** The snapshots in the metadata log's directory. */
export class SnapshotStore {
  readonly #dir: string;
  readonly #disk: Disk;
  /** Oldest first. */
  #ids: SnapshotId[] = [];

  constructor(dir: string, disk: Disk) {
    this.#dir = dir;
    this.#disk = disk;
  }

  /**
   * Finds the snapshots on disk; removes partial ones and those that the log has left behind.
   * @throws Error when the log does not start at 0 and no snapshot covers what is missing
   */
  load(logStartOffset: Offset): void {
    if (!this.#disk.exists(this.#dir)) return;
    for (const name of this.#disk.list(this.#dir)) {
      const found = parseSnapshotFileName(name);
      if (found === undefined) continue;
      if (found.isWhole && found.id.offset >= logStartOffset) this.#ids.push(found.id);
      else this.#disk.remove(`${this.#dir}/${name}`);
    }
    this.#ids.sort(compareSnapshotIds);
    if (logStartOffset > 0 && (this.latest?.offset ?? -1) < logStartOffset) {
      throw new Error(
        `the metadata log in ${this.#dir} starts at offset ${logStartOffset}, but no snapshot covers what came before`,
      );
    }
  }

  get ids(): readonly SnapshotId[] {
    return this.#ids;
  }

  get latest(): SnapshotId | undefined {
    return this.#ids.at(-1);
  }

  get earliest(): SnapshotId | undefined {
    return this.#ids[0];
  }

  /** @throws CorruptRecordError when it is torn */
  *read(id: SnapshotId): Generator<SnapshotContent, void, undefined> {
    const file = this.#disk.open(this.#path(id), "read");
    try {
      yield* readSnapshotFile(file);
    } finally {
      file.close();
    }
  }

  sizeBytes(id: SnapshotId): number {
    return this.#disk.stat(this.#path(id)).sizeBytes;
  }

  /** Timestamp of the last record that the snapshot stands for. */
  lastContainedLogTimeMs(id: SnapshotId): TimestampMs {
    for (const content of this.read(id)) {
      if (content.kind === "control" && content.record.type === ControlType.SNAPSHOT_HEADER) {
        return content.record.message.lastContainedLogTimestamp;
      }
    }
    return -1;
  }

  /** undefined when there is one of this id already. */
  create(
    id: SnapshotId,
    quorum: SnapshotQuorum,
    lastContainedLogTimeMs: TimestampMs,
    nowMs: TimestampMs,
  ): SnapshotWriter | undefined {
    if (this.#ids.some((other) => compareSnapshotIds(other, id) === 0)) return undefined;
    return new SnapshotWriter({
      disk: this.#disk,
      dir: this.#dir,
      id,
      quorum,
      lastContainedLogTimeMs,
      nowMs,
      onFrozen: (frozen) => {
        this.#ids.push(frozen);
        this.#ids.sort(compareSnapshotIds);
      },
    });
  }

  /** Removes the snapshots before `id`. */
  removeBefore(id: SnapshotId): void {
    const old = this.#ids.filter((other) => compareSnapshotIds(other, id) < 0);
    this.#ids = this.#ids.filter((other) => compareSnapshotIds(other, id) >= 0);
    for (const each of old) this.#disk.remove(this.#path(each));
  }

  #path(id: SnapshotId): string {
    return `${this.#dir}/${snapshotFileName(id)}`;
  }
}
