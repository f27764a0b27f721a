import { type Offset } from "../base/brand.ts";
import { type Disk } from "../io/ports.ts";
import { type DirectoryKind, parsePartitionDirectoryName } from "./log-files.ts";
import { type LogDirectory } from "./log-directory.ts";

/** A partition's directory in a log directory, and what the checkpoints say about it. */
export interface FoundLog {
  /** Its directory's name. */
  readonly name: string;
  readonly dir: string;
  readonly topic: string;
  readonly partition: number;
  readonly kind: DirectoryKind;
  readonly logStartOffset: Offset;
  readonly recoveryPoint: Offset;
  readonly highWatermark: Offset | undefined;
}

/**
 * What lies in a log directory, by the names of the directories and the checkpoints; nothing is opened.
 * @param excluded names of directories that are not ours to load
 */
export function directoryContents(directory: LogDirectory, excluded: ReadonlySet<string>, disk: Disk): FoundLog[] {
  const recoveryPoints = directory.checkpoints.read("recoveryPoint");
  const logStarts = directory.checkpoints.read("logStart");
  const highWatermarks = directory.checkpoints.read("highWatermark");
  const found: FoundLog[] = [];
  for (const name of disk.list(directory.path)) {
    const parsed = parsePartitionDirectoryName(name);
    const dir = `${directory.path}/${name}`;
    if (parsed === undefined || excluded.has(name) || !disk.stat(dir).isDirectory) continue;
    found.push({
      ...parsed,
      name,
      dir,
      logStartOffset: logStarts.get(name) ?? 0,
      recoveryPoint: recoveryPoints.get(name) ?? 0,
      highWatermark: highWatermarks.get(name),
    });
  }
  return found;
}
