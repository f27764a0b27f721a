import { type Uuid } from "../base/brand.ts";
import { isUuid } from "../base/uuid.ts";
import { type Disk } from "../io/ports.ts";
import { readTextIfThere, replaceFile, syncFile, syncFileAsync } from "./directory/checkpoint-file.ts";

export const partitionMetadataName = "partition.metadata";

/** The file that says to which topic a partition's directory belongs. */
export class PartitionMetadata {
  readonly #disk: Disk;
  #path: string;
  #topicId: Uuid | undefined;
  #isSynced = false;

  /** Takes what the file has, or what was just written to it. Whoever wrote it may have been killed: it may not be durable. */
  constructor(disk: Disk, directory: string, written?: Uuid) {
    this.#disk = disk;
    this.#path = `${directory}/${partitionMetadataName}`;
    this.#topicId = written ?? readPartitionMetadata(disk, directory);
  }

  /** Undefined when the file is missing or damaged. */
  get topicId(): Uuid | undefined {
    return this.#topicId;
  }

  /** Notes the topic's id, unless one is known; `sync` makes it durable. */
  assign(topicId: Uuid): void {
    if (this.#topicId !== undefined) return;
    replaceFile(this.#disk, this.#path, partitionMetadataText(topicId));
    this.#topicId = topicId;
    this.#isSynced = false;
  }

  /** Makes the file durable; true when it was not, and its directory has to be synced too. */
  sync(): boolean {
    if (this.#isSynced || this.#topicId === undefined) return false;
    syncFile(this.#disk, this.#path);
    this.#isSynced = true;
    return true;
  }

  /** As `sync`, without holding the event loop up. */
  async syncAsync(): Promise<boolean> {
    if (this.#isSynced || this.#topicId === undefined) return false;
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

/** The topic id that a partition's directory belongs to; undefined when the file is missing or damaged. */
export function readPartitionMetadata(disk: Disk, directory: string): Uuid | undefined {
  const text = readTextIfThere(disk, `${directory}/${partitionMetadataName}`);
  const topicId = text === undefined ? undefined : /^version: 0\ntopic_id: (\S+)\s*$/.exec(text)?.[1];
  return topicId !== undefined && isUuid(topicId) ? topicId : undefined;
}
