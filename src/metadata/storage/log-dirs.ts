import { type NodeId, type Uuid } from "../../base/brand.ts";
import { randomUuid } from "../../base/uuid.ts";
import { type BrokerConfig } from "../../config/broker-config.ts";
import { type Disk, DiskError, type Random } from "../../io/ports.ts";
import { isReservedDirectoryId, metadataLogDirName } from "../directory-id.ts";
import { directoryProblem, type NamedDirectories } from "./directory-problem.ts";
import {
  formatMetaProperties,
  metaPropertiesFileName,
  type MetaProperties,
  parseMetaProperties,
} from "./meta-properties.ts";

/** What stands in the log directories of one node. */
export interface LogDirs {
  /** Without meta.properties: not formatted. */
  readonly empty: readonly string[];
  /** Could not be read, and why. */
  readonly failed: ReadonlyMap<string, DiskError>;
  readonly formatted: ReadonlyMap<string, MetaProperties>;
}

/** A `meta.properties` that makes no sense, worded as Kafka does, which leaves out where. */
export class MetaPropertiesError extends Error {
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** @throws MetaPropertiesError */
export function readLogDirs(directories: readonly string[], disk: Disk): LogDirs {
  const empty: string[] = [];
  const failed = new Map<string, DiskError>();
  const formatted = new Map<string, MetaProperties>();
  for (const dir of new Set(directories)) {
    const path = `${dir}/${metaPropertiesFileName}`;
    let text: string;
    try {
      if (!disk.exists(path)) {
        // A path that exists and is no directory is a failed one.
        if (disk.exists(dir)) disk.list(dir);
        empty.push(dir);
        continue;
      }
      text = disk.readFile(path).toString("utf8");
    } catch (error) {
      failed.set(dir, DiskError.from(error));
      continue;
    }
    formatted.set(dir, parsed(path, text));
  }
  return { empty, failed, formatted };
}

function parsed(path: string, text: string): MetaProperties {
  try {
    return parseMetaProperties(text);
  } catch (error) {
    throw new MetaPropertiesError(path, error instanceof Error ? error.message : String(error));
  }
}

export interface ExpectedLogDirs {
  /** undefined takes it from the first directory that has one. */
  readonly clusterId?: string;
  readonly nodeId: NodeId;
}

/** What does not fit together, worded as Kafka does; undefined when everything fits. */
export function logDirsProblem(dirs: LogDirs, expected: ExpectedLogDirs): string | undefined {
  let { clusterId } = expected;
  const seen = new Map<Uuid, string>();
  for (const [dir, properties] of dirs.formatted) {
    const path = `${dir}/${metaPropertiesFileName}`;
    clusterId ??= properties.clusterId;
    if (properties.clusterId !== undefined && properties.clusterId !== clusterId) {
      return `Invalid cluster.id in: ${path}. Expected ${clusterId}, but read ${properties.clusterId}`;
    }
    if (properties.nodeId !== undefined && properties.nodeId !== expected.nodeId) {
      return `Stored node id ${properties.nodeId} doesn't match previous node id ${expected.nodeId} in ${path}. If you moved your data, make sure your configured node id matches. If you intend to create a new node, you should remove all data in your data directories.`;
    }
    const { directoryId } = properties;
    if (directoryId === undefined) continue;
    if (isReservedDirectoryId(directoryId)) return `Invalid reserved directory ID ${directoryId} found in ${dir}`;
    const other = seen.get(directoryId);
    if (other !== undefined) {
      return `Duplicate directory ID ${directoryId} found. It was the ID of ${other}, but also of ${dir}`;
    }
    seen.set(directoryId, dir);
  }
  return undefined;
}

export function writeMetaProperties(dir: string, properties: MetaProperties, disk: Disk, nowMs: number): void {
  disk.writeFileAtomic(`${dir}/${metaPropertiesFileName}`, formatMetaProperties(properties, nowMs));
}

/** A directory id that none of these directories has. */
export function unusedDirectoryId(dirs: LogDirs, random: Random): Uuid {
  const used = new Set([...dirs.formatted.values()].map(({ directoryId }) => directoryId));
  for (;;) {
    const id = randomUuid(random);
    if (!used.has(id) && !isReservedDirectoryId(id)) return id;
  }
}

export interface OpenedLogDirs {
  readonly clusterId: string;
  /** By directory, without the failed ones. */
  readonly directoryIds: ReadonlyMap<string, Uuid>;
  readonly failed: ReadonlyMap<string, DiskError>;
}

export type OpenLogDirsResult =
  | { readonly ok: true; readonly dirs: OpenedLogDirs }
  | { readonly ok: false; readonly error: string };

/**
 * Checks the log directories at start, as Kafka does: they must belong to this node and one cluster. One from before Kafka
 * 3.7 gets its id. One that is not formatted stops the start: it may be the empty mount point of a volume that is missing,
 * and its partitions would be made anew, empty.
 */
export function openLogDirs(
  config: Pick<BrokerConfig, "logDirs" | "metadataLogDir" | "nodeId" | "quorumVoters"> & NamedDirectories,
  ports: { readonly disk: Disk; readonly random: Random; readonly nowMs: number },
): OpenLogDirsResult {
  const { logDirs, metadataLogDir: metadataDirectory, nodeId } = config;
  const { disk, random, nowMs } = ports;
  const problem = (error: string): OpenLogDirsResult => ({ ok: false, error });
  let dirs: LogDirs;
  try {
    dirs = readLogDirs([metadataDirectory, ...logDirs], disk);
  } catch (error) {
    if (!(error instanceof MetaPropertiesError)) throw error;
    return problem(`${error.path}: ${error.message}`);
  }
  const unreadable = [...dirs.failed].map(([dir, cause]) =>
    directoryProblem(config, dir, "the directory cannot be read", cause),
  );
  if (dirs.formatted.size === 0) return problem(nothingFormatted(dirs.empty, unreadable, formatCommandFor(config)));
  const mismatch = logDirsProblem(dirs, { nodeId });
  if (mismatch !== undefined) return problem(mismatch);
  if (dirs.failed.has(metadataDirectory)) {
    const sentence = `Encountered I/O error in metadata log directory ${metadataDirectory}. Cannot continue.`;
    return problem([sentence, ...unreadable].join(" "));
  }
  for (const dir of dirs.formatted.keys()) {
    if (dir !== metadataDirectory && disk.exists(`${dir}/${metadataLogDirName}`)) {
      return problem(
        `Found unexpected metadata location in data directory \`${dir}/${metadataLogDirName}\` (the configured metadata directory is ${metadataDirectory}).`,
      );
    }
  }
  const [unformatted] = dirs.empty;
  if (unformatted !== undefined) {
    return problem(
      `No \`meta.properties\` found in ${unformatted} (have you run \`kafka-storage.sh\` to format the directory?)`,
    );
  }
  for (const [dir, { nodeId: known }] of dirs.formatted) {
    if (known === undefined) return problem(`Error: node ID not found in ${dir}`);
  }
  const clusterId = [...dirs.formatted.values()].find((each) => each.clusterId !== undefined)?.clusterId;
  if (clusterId === undefined) {
    return problem(`cluster.id was not found in the ${metaPropertiesFileName} of ${logDirs.join(", ")}.`);
  }
  const directoryIds = new Map<string, Uuid>();
  for (const [dir, known] of dirs.formatted) {
    const directoryId = known.directoryId ?? unusedDirectoryId(dirs, random);
    directoryIds.set(dir, directoryId);
    if (known.directoryId !== undefined) continue;
    try {
      writeMetaProperties(dir, { ...known, directoryId }, disk, nowMs);
    } catch (error) {
      const what = `${metaPropertiesFileName} cannot be written`;
      return problem(directoryProblem(config, dir, what, DiskError.from(error)));
    }
  }
  return { ok: true, dirs: { clusterId, directoryIds, failed: dirs.failed } };
}

/** What formats a node that is alone in its quorum: `--standalone` is refused where the configuration names the voters. */
export function formatCommandFor({ quorumVoters }: Pick<BrokerConfig, "quorumVoters">): string {
  return `kafka-storage.sh format${quorumVoters.length === 0 ? " --standalone" : ""}`;
}

/** Kafka's sentence, and what Kafka leaves out: where, and what to do. */
function nothingFormatted(empty: readonly string[], unreadable: readonly string[], formatCommand: string): string {
  const sentences = ["No readable meta.properties files found.", ...unreadable.map((each) => `${each}.`)];
  if (empty.length > 0) {
    sentences.push(
      `These directories are not formatted: ${empty.join(", ")}.`,
      `Format them with bin/${formatCommand} --cluster-id "$(bin/kafka-storage.sh random-uuid)" --config <your server.properties>, then start again.`,
    );
  }
  return sentences.join(" ");
}
