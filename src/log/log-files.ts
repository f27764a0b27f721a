import { type Offset } from "../base/brand.ts";
import { type Random } from "../io/ports.ts";

export const logSuffix = ".log";
export const offsetIndexSuffix = ".index";
export const timeIndexSuffix = ".timeindex";
export const transactionIndexSuffix = ".txnindex";
export const producerSnapshotSuffix = ".snapshot";
/** Waits for its removal. */
export const deletedSuffix = ".deleted";
/** The same of what was cut off: another segment may begin there, and its deletion must not be taken for this one's. */
export const cutSuffix = ".cut.deleted";
/** A segment that is about to take the place of all others; until it has, a start has no use for it. */
export const comingSuffix = ".coming.deleted";
/** Written by the cleaner and not complete. */
export const cleanedSuffix = ".cleaned";
/** Written by the cleaner, complete, and about to replace segments. */
export const swapSuffix = ".swap";

/** The files of one segment. */
export const segmentSuffixes = [logSuffix, offsetIndexSuffix, timeIndexSuffix, transactionIndexSuffix] as const;

const offsetDigits = 20;
const fileNameBytesMax = 255;

/** `00000000000000000042.log` */
export function segmentFileName(baseOffset: Offset, suffix: string): string {
  return String(baseOffset).padStart(offsetDigits, "0") + suffix;
}

/** The offset that a file's name starts with; undefined when it starts with something else. */
export function offsetOfFileName(name: string): Offset | undefined {
  return /^\d{20}\./.test(name) ? Number(name.slice(0, offsetDigits)) : undefined;
}

/** The directory that a path is in. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export type DirectoryKind = "current" | "delete" | "future" | "stray";

/** What the name of a partition's directory tells. */
export interface DirectoryName extends TopicPartition {
  readonly kind: DirectoryKind;
}

export function partitionDirectoryName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

/** What a directory of a partition holds, by its name; undefined when Kafka would not have given it such a name. */
export function parsePartitionDirectoryName(name: string): DirectoryName | undefined {
  const suffixed = /^(\S+)-(\d+)\.\w+-(delete|future|stray)$/.exec(name);
  const match = suffixed ?? /^(\S+)-(\d+)$/.exec(name);
  if (match === null) return undefined;
  const [, topic = "", partition = "", kind = "current"] = match;
  return { topic, partition: Number(partition), kind: kind as DirectoryKind };
}

/** Whether file systems take the whole name of a future log's directory, which is not cut. */
export function futureDirectoryNameFits(topic: string, partition: number): boolean {
  return `${topic}-${partition}.`.length + 32 + "-future".length <= fileNameBytesMax;
}

/**
 * `topic-0.3f2a…-delete`, the topic cut so that the name stays within what file systems take: a name that no other
 * incarnation of the partition has.
 */
export function renamedDirectoryName(
  topic: string,
  partition: number,
  kind: "delete" | "future" | "stray",
  random: Random,
): string {
  const suffix = `-${partition}.${random.bytes(16).toString("hex")}-${kind}`;
  return topic.slice(0, fileNameBytesMax - suffix.length) + suffix;
}
