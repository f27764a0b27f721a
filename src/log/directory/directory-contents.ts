import { type Offset } from "../../base/brand.ts";
import { type Disk, type Logger } from "../../io/ports.ts";
import { type DirectoryKind, parsePartitionDirectoryName, partitionDirectoryName } from "../log-files.ts";
import { type LogDirectory } from "./log-directory.ts";

/** A partition's directory in a log directory, and what the checkpoints say about it. */
export interface FoundLog {
  /** The partition's, as messages write it. */
  readonly name: string;
  readonly dir: string;
  readonly topic: string;
  readonly partition: number;
  readonly kind: DirectoryKind;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
  readonly highWatermark: Offset | undefined;
  readonly cleanedOffset: Offset | undefined;
}

/**
 * What lies in a log directory, by the names of the directories and the checkpoints; nothing is opened.
 * @param excluded names of directories that are not ours to load
 */
export function directoryContents(
  directory: LogDirectory,
  excluded: ReadonlySet<string>,
  disk: Disk,
  logger: Logger,
): FoundLog[] {
  const recoveryPoints = directory.checkpoints.read("recoveryPoint");
  const logStarts = directory.checkpoints.read("logStart");
  const highWatermarks = directory.checkpoints.read("highWatermark");
  const cleanedOffsets = directory.checkpoints.read("cleaned");
  const found: FoundLog[] = [];
  for (const entry of disk.list(directory.path)) {
    const parsed = parsePartitionDirectoryName(entry);
    const dir = `${directory.path}/${entry}`;
    if (excluded.has(entry) || !disk.stat(dir).isDirectory) continue;
    if (parsed === undefined) {
      // Kafka does not start then, not even over the lost+found of a file system.
      logger.warn({ directory: dir }, "This directory is not of a partition: it is ignored");
      continue;
    }
    const name = partitionDirectoryName(parsed.topic, parsed.partition);
    found.push({
      ...parsed,
      name,
      dir,
      logStartOffset: logStarts.get(name) ?? 0,
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      highWatermark: highWatermarks.get(name),
      cleanedOffset: cleanedOffsets.get(name),
    });
  }
  return found;
}
