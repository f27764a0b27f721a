import { type Offset } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import { formatCheckpoint, parseCheckpoint, parseNatural, readTextIfThere } from "./checkpoint-file.ts";

export const recoveryPointCheckpointName = "recovery-point-offset-checkpoint";
export const logStartCheckpointName = "log-start-offset-checkpoint";
export const highWatermarkCheckpointName = "replication-offset-checkpoint";

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

export function writeOffsetCheckpoint(disk: Disk, path: string, offsets: readonly PartitionOffset[]): void {
  const lines = offsets.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}`);
  disk.writeFileAtomic(path, formatCheckpoint(lines));
}

function parsePartitionOffset(fields: string[]): PartitionOffset | undefined {
  const [topic, partitionField, offsetField, ...rest] = fields;
  const partition = parseNatural(partitionField);
  const offset = parseNatural(offsetField);
  if (topic === undefined || partition === undefined || offset === undefined || rest.length > 0) return undefined;
  return { topic, partition, offset };
}
