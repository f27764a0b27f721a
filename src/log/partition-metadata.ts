import { type Uuid } from "../base/brand.ts";
import { parseUuid, zeroUuid } from "../base/uuid.ts";
import { type Disk, DiskError } from "../io/ports.ts";
import { readTextIfThere, replaceFile, syncFile, syncFileAsync } from "./small-files.ts";

export const partitionMetadataName = "partition.metadata";

export interface KnownMetadata {
  /** The id that was just written to the file; else it is read. */
  readonly written?: Uuid | undefined;
  /** What is read is durable. Else whoever wrote it may have been killed before it was. */
  readonly isDurable?: boolean;
}

/** The file that says to which topic a partition's directory belongs. */
export class PartitionMetadata {
  readonly #disk: Disk;
  #path: string;
  #topicId: Uuid | undefined;
  #isSynced: boolean;
  #isPending = false;

  constructor(disk: Disk, directory: string, { written, isDurable = false }: KnownMetadata = {}) {
    this.#disk = disk;
    this.#path = `${directory}/${partitionMetadataName}`;
    this.#topicId = written ?? readPartitionMetadata(disk, directory);
    this.#isSynced = isDurable && written === undefined;
  }

  /** Undefined when there was none in the file, and none was assigned. */
  get topicId(): Uuid | undefined {
    return this.#topicId;
  }

  /** An id was assigned and is not in the file: `write` it before the first record is appended. */
  get isPending(): boolean {
    return this.#isPending;
  }

  /** Notes the topic's id, unless one is known; `sync` makes it durable. Where it throws, the id is pending. */
  assign(topicId: Uuid): void {
    if (this.#topicId !== undefined) return;
    this.#topicId = topicId;
    this.#isSynced = false;
    this.#isPending = true;
    this.write();
  }

  /** Writes the id that is pending. */
  write(): void {
    if (!this.#isPending || this.#topicId === undefined) return;
    replaceFile(this.#disk, this.#path, partitionMetadataText(this.#topicId));
    this.#isPending = false;
  }

  /** Makes the file durable, written first where it is pending; true when it was not, and its directory has to be synced too. */
  sync(): boolean {
    if (this.#isSynced || this.#topicId === undefined) return false;
    this.write();
    syncFile(this.#disk, this.#path);
    this.#isSynced = true;
    return true;
  }

  /** As `sync`, without holding the event loop up. */
  async syncAsync(): Promise<boolean> {
    if (this.#isSynced || this.#topicId === undefined) return false;
    this.write();
    await syncFileAsync(this.#disk, this.#path);
    this.#isSynced = true;
    return true;
  }

  moveTo(directory: string): void {
    this.#path = `${directory}/${partitionMetadataName}`;
  }
}

export function partitionMetadataText(topicId: Uuid): string {
  return `version: 0\ntopic_id: ${topicId}`;
}

/**
 * The topic id that a partition's directory belongs to; undefined when there is no file, or what a loss of power left of one
 * that was not durable.
 * @throws DiskError when it is damaged: whose the records are is for people to find out, and they stay where they are
 */
export function readPartitionMetadata(disk: Disk, directory: string): Uuid | undefined {
  const path = `${directory}/${partitionMetadataName}`;
  const text = readTextIfThere(disk, path);
  if (text === undefined) return undefined;
  const topicId = parseUuid(/^version:\s+\d+\r?\ntopic_id:\s+(\S+)\s*(\n|$)/.exec(text)?.[1] ?? "");
  if (topicId !== undefined && topicId !== zeroUuid) return topicId;
  if (isCutOff(text)) return undefined;
  throw new DiskError("EIO", `Error while reading partition metadata file ${path}: it is malformed`);
}

/** Whether it is the beginning of what is written, with NULs behind it or nothing. */
function isCutOff(text: string): boolean {
  const written = text.replace(/\0+$/, "");
  const beforeId = partitionMetadataText("");
  return beforeId.startsWith(written.slice(0, beforeId.length)) && /^[\w-]{0,21}$/.test(written.slice(beforeId.length));
}
