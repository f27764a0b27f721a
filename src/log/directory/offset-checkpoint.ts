import { type Offset } from "../../base/brand.ts";
import { type Disk } from "../../io/ports.ts";
import { formatCheckpoint, parseCheckpoint, parseNatural } from "../checkpoint-text.ts";
import { readTextIfThere, replaceFileAside } from "../small-files.ts";
import { parentOf } from "../log-files.ts";

export const recoveryPointCheckpointName = "recovery-point-offset-checkpoint";
export const logStartCheckpointName = "log-start-offset-checkpoint";
export const highWatermarkCheckpointName = "replication-offset-checkpoint";
export const cleanerCheckpointName = "cleaner-offset-checkpoint";

export interface PartitionOffset {
  readonly topic: string;
  readonly partition: number;
  readonly offset: Offset;
}

/** Reads lines of `topic partition offset`: none when there is no such file, undefined when it is damaged. */
export function readOffsetCheckpoint(disk: Disk, path: string): PartitionOffset[] | undefined {
  const text = readTextIfThere(disk, path);
  // Apache Kafka creates the file empty.
  return text === undefined || text === "" ? [] : parseCheckpoint(text, parsePartitionOffset);
}

/** Durable when it returns, which is what the file says then. */
export function writeOffsetCheckpoint(disk: Disk, path: string, offsets: readonly PartitionOffset[]): string {
  const text = offsetCheckpointText(offsets);
  disk.writeFileAtomic(path, text);
  return text;
}

export function offsetCheckpointText(offsets: readonly PartitionOffset[]): string {
  return formatCheckpoint(
    offsets.map(({ topic, partition, offset }) => offsetCheckpointLine(topic, partition, offset)),
  );
}

export function offsetCheckpointLine(topic: string, partition: number, offset: Offset): string {
  return `${topic} ${partition} ${offset}`;
}

/**
 * Replaces a checkpoint without holding the event loop up while the device works; durable when it resolves. Until then a
 * loss of power may bring the old one back, which all offsets that are written down so allow: recovery then reads more.
 *
 * @param isWanted asked when the text is on the device; false leaves the old file
 */
export async function replaceOffsetCheckpoint(
  disk: Disk,
  path: string,
  text: string,
  isWanted: () => boolean,
): Promise<void> {
  if (await replaceFileAside(disk, path, text, isWanted)) await disk.syncDirectoryAsync(parentOf(path));
}

function parsePartitionOffset(fields: string[]): PartitionOffset | undefined {
  const [topic, partitionField, offsetField, ...rest] = fields;
  const partition = parseNatural(partitionField);
  const offset = parseNatural(offsetField);
  if (topic === undefined || partition === undefined || offset === undefined || rest.length > 0) return undefined;
  return { topic, partition, offset };
}
