import { type Uuid } from "../base/brand.ts";
import { isUuid } from "../base/uuid.ts";
import { type Disk } from "../io/ports.ts";
import { readTextIfThere, replaceFile, syncFile } from "./checkpoint-file.ts";

export const partitionMetadataName = "partition.metadata";

/** The topic id that a partition's directory belongs to; undefined when the file is missing or damaged. */
export function readPartitionMetadata(disk: Disk, directory: string): Uuid | undefined {
  const text = readTextIfThere(disk, `${directory}/${partitionMetadataName}`);
  const topicId = text === undefined ? undefined : /^version: 0\ntopic_id: (\S+)\s*$/.exec(text)?.[1];
  return topicId !== undefined && isUuid(topicId) ? topicId : undefined;
}

/** `syncPartitionMetadata` makes it durable. */
export function writePartitionMetadata(disk: Disk, directory: string, topicId: Uuid): void {
  replaceFile(disk, `${directory}/${partitionMetadataName}`, `version: 0\ntopic_id: ${topicId}`);
}

export function syncPartitionMetadata(disk: Disk, directory: string): void {
  syncFile(disk, `${directory}/${partitionMetadataName}`);
}
