import { type Disk } from "../../io/ports.ts";
import {
  metaPropertiesFileName,
  metaPropertyEntries,
  type MetaProperties,
  parseMetaProperties,
} from "./meta-properties.ts";

export interface StorageInfo {
  readonly lines: readonly string[];
  /** 1 when a problem was found. */
  readonly exitCode: number;
}

/** What Kafka's `kafka-storage.sh info` prints about the log directories. */
export function storageInfo(directories: readonly string[], disk: Disk): StorageInfo {
  if (directories.length === 0) return { lines: ["No directories specified."], exitCode: 0 };
  const problems: string[] = [];
  const found: string[] = [];
  let first: MetaProperties | undefined;
  for (const dir of [...directories].sort()) {
    const state = directoryState(dir, disk);
    if (state !== undefined) {
      problems.push(state);
      continue;
    }
    found.push(dir);
    const path = `${dir}/${metaPropertiesFileName}`;
    if (!disk.exists(path)) {
      problems.push(`${dir} is not formatted.`);
      continue;
    }
    try {
      const properties = parseMetaProperties(disk.readFile(path).toString("utf8"));
      if (first === undefined) first = properties;
      else if (first.clusterId !== properties.clusterId) {
        problems.push("Mismatched cluster IDs between storage directories.");
      } else if (first.nodeId !== properties.nodeId) {
        problems.push("Mismatched node IDs between storage directories.");
      }
    } catch (error) {
      problems.push(`Error loading ${path}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (first?.version === 0) {
    problems.push(
      "The kafka configuration file appears to be for a cluster in KRaft mode, but the directories are formatted for legacy mode.",
    );
  }
  return {
    lines: [
      ...section("log directory", "log directories", found),
      ...metadataLines(first),
      ...section("problem", "problems", problems),
    ],
    exitCode: problems.length > 0 ? 1 : 0,
  };
}

function directoryState(dir: string, disk: Disk): string | undefined {
  if (!disk.exists(dir)) return `${dir} does not exist`;
  return disk.stat(dir).isDirectory ? undefined : `${dir} is not a directory`;
}

function section(singular: string, plural: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  return [`Found ${items.length === 1 ? singular : plural}:`, ...items.map((item) => `  ${item}`), ""];
}

function metadataLines(properties: MetaProperties | undefined): string[] {
  if (properties === undefined) return [];
  const entries = metaPropertyEntries(properties).sort(([a], [b]) => (a < b ? -1 : 1));
  return [`Found metadata: {${entries.map(([key, value]) => `${key}=${value}`).join(", ")}}`, ""];
}
