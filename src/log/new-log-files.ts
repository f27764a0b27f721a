import { type Uuid } from "../base/brand.ts";
import { type NewFile } from "../io/ports.ts";
import { type LogConfig } from "./log-config.ts";
import { logSuffix, segmentFileName } from "./log-files.ts";
import { partitionMetadataName, partitionMetadataText } from "./partition-metadata.ts";

/** What the directory of a new log has in it. A crash may leave it without some: a start makes up for them. */
export function newLogFiles(topicId: Uuid, { preallocates, segmentBytes }: LogConfig): NewFile[] {
  return [
    { name: partitionMetadataName, text: partitionMetadataText(topicId) },
    { name: segmentFileName(0, logSuffix), sizeBytes: preallocates ? segmentBytes : 0 },
  ];
}
