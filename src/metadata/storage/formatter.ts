import { type NodeId } from "../../base/brand.ts";
import { type Disk, DiskError, type Random } from "../../io/ports.ts";
import { SnapshotBatches } from "../../protocol/records/snapshot-batches.ts";
import { metadataLogDirName } from "../directory-id.ts";
import { kraftVersionFeature, metadataVersionFeature } from "../features/feature-names.ts";
import { metadataVersionName, metadataVersionWith } from "../features/metadata-version.ts";
import { type MetadataRecordDraft } from "../metadata-record.ts";
import { bootstrapFeatureRecords, bootstrapFileName, encodeBootstrap } from "./bootstrap.ts";
import { describeBootstrap } from "./describe-bootstrap.ts";
import { FormatError } from "./format-error.ts";
import { initialFeatureLevels } from "./initial-features.ts";
import { type InitialVoter } from "./initial-voters.ts";
import { type LogDirs, logDirsProblem, readLogDirs, unusedDirectoryId, writeMetaProperties } from "./log-dirs.ts";
import { parseScramArgument } from "./scram-argument.ts";

export interface FormatOptions {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** All log directories and the metadata log directory. */
  readonly directories: readonly string[];
  /** The one that will hold the metadata log. */
  readonly metadataDirectory: string;
  readonly controllerListenerName: string;
  readonly ignoreFormatted: boolean;
  /** `--release-version`, as "4.3-IV0" or "4.3"; undefined takes the latest. */
  readonly releaseVersion?: string | undefined;
  /** `--feature name=level`. */
  readonly featureLevels?: ReadonlyMap<string, number> | undefined;
  /** Set for `--standalone` and `--initial-controllers`. */
  readonly initialVoters?: readonly InitialVoter[] | undefined;
  /** `controller.quorum.voters` is empty: voters are kept in the log (KIP-853). */
  readonly hasDynamicQuorum: boolean;
  /** `--add-scram`, each as `SCRAM-SHA-256=[name=alice,password=secret]`. */
  readonly scramArguments?: readonly string[] | undefined;
}

export interface FormatPorts {
  readonly disk: Disk;
  readonly random: Random;
  readonly nowMs: number;
}

/** What Kafka's `format` prints to standard output, a line each, and the text of its error. */
export type FormatResult =
  | { readonly ok: true; readonly lines: readonly string[] }
  | { readonly ok: false; readonly lines: readonly string[]; readonly error: string };

/**
 * Formats the directories as Kafka's `kafka-storage.sh format` does. Each gets `bootstrap.checkpoint` and, last and
 * atomically, `meta.properties`; in a dynamic quorum the metadata directory also gets the snapshot with the first voters.
 */
export function formatStorage(options: FormatOptions, ports: FormatPorts): FormatResult {
  const lines: string[] = [];
  try {
    format(options, ports, lines);
    return { ok: true, lines };
  } catch (error) {
    if (error instanceof FormatError) return { ok: false, lines, error: error.message };
    throw error;
  }
}

function format(options: FormatOptions, ports: FormatPorts, lines: string[]): void {
  const { nodeId, clusterId, directories } = options;
  if (nodeId < 0) throw new FormatError("You must specify a valid non-negative node ID.");
  if (directories.length === 0) throw new FormatError("You must specify at least one directory to format");
  if (!directories.includes(options.metadataDirectory)) {
    throw new FormatError(
      `The specified metadata log directory, ${options.metadataDirectory} was not one of the given directories: [${directories.join(", ")}]`,
    );
  }
  const levels = initialFeatureLevels(options);
  const records = bootstrapRecords(levels, options.scramArguments ?? [], ports.random);

  const dirs = readDirectories(directories, ports.disk);
  const problem = logDirsProblem(dirs, { clusterId, nodeId });
  if (problem !== undefined) throw new FormatError(problem);
  const formatted = dirs.formatted.keys().next().value;
  if (!options.ignoreFormatted && formatted !== undefined) {
    throw new FormatError(
      `Log directory ${formatted} is already formatted. Use --ignore-formatted to ignore this directory and format the others.`,
    );
  }
  lines.push(...[...dirs.failed.keys()].map((dir) => `I/O error trying to read log directory ${dir}. Ignoring...`));
  if (dirs.failed.size > 0 && dirs.empty.length === 0 && formatted === undefined) {
    throw new FormatError("No available log directories to format.");
  }
  if (dirs.empty.length === 0) {
    lines.push("All of the log directories are already formatted.");
    return;
  }
  lines.push(`Bootstrap metadata: ${describeBootstrap(records, "format command")}`);
  const release = metadataVersionName(levels.get(metadataVersionFeature) ?? -1);
  for (const dir of dirs.empty) {
    lines.push(`Formatting ${describeDirectory(dir, options)} ${dir} with metadata.version ${release}.`);
    try {
      formatDirectory(dir, dirs, records, levels.get(kraftVersionFeature) ?? 0, options, ports);
    } catch (error) {
      throw new FormatError(`Error while writing meta.properties file ${dir}: ${DiskError.from(error).message}`);
    }
  }
}

function bootstrapRecords(
  levels: ReadonlyMap<string, number>,
  scramArguments: readonly string[],
  random: Random,
): MetadataRecordDraft[] {
  const records = bootstrapFeatureRecords(levels);
  if (scramArguments.length > 0 && (levels.get(metadataVersionFeature) ?? 0) < metadataVersionWith.scram) {
    throw new FormatError("SCRAM is only supported in metadata.version 3.5-IV2 or later.");
  }
  for (const argument of scramArguments) {
    records.push({ type: "userScramCredential", version: 0, data: parseScramArgument(argument, random) });
  }
  return records;
}

function readDirectories(directories: readonly string[], disk: Disk): LogDirs {
  try {
    return readLogDirs([...directories].sort(), disk);
  } catch (error) {
    throw new FormatError(error instanceof Error ? error.message : String(error));
  }
}

function formatDirectory(
  dir: string,
  dirs: LogDirs,
  records: readonly MetadataRecordDraft[],
  kraftVersion: number,
  options: FormatOptions,
  { disk, random, nowMs }: FormatPorts,
): void {
  const { clusterId, nodeId, initialVoters, metadataDirectory } = options;
  const isDynamicMetadata = dir === metadataDirectory && initialVoters !== undefined;
  const own = isDynamicMetadata ? initialVoters.find((voter) => voter.id === nodeId) : undefined;
  disk.mkdir(dir);
  disk.writeFileAtomic(`${dir}/${bootstrapFileName}`, encodeBootstrap(records, nowMs));
  if (isDynamicMetadata) {
    disk.mkdir(`${dir}/${metadataLogDirName}`);
    const snapshot = firstVotersSnapshot(initialVoters, kraftVersion, options.controllerListenerName, nowMs);
    disk.writeFileAtomic(`${dir}/${metadataLogDirName}/${firstSnapshotFileName}`, snapshot);
  }
  const directoryId = own?.directoryId ?? unusedDirectoryId(dirs, random);
  writeMetaProperties(dir, { version: 1, clusterId, nodeId, directoryId }, disk, nowMs);
}

/** The snapshot before the first record: offset 0, epoch 0. */
const firstSnapshotFileName = "00000000000000000000-0000000000.checkpoint";

function firstVotersSnapshot(
  initialVoters: readonly InitialVoter[],
  kraftVersion: number,
  listenerName: string,
  nowMs: number,
): Buffer {
  const voters = initialVoters.map(({ id, host, port, directoryId }) => ({
    voterId: id,
    voterDirectoryId: directoryId,
    endpoints: [{ name: listenerName, host, port }],
    kRaftVersionFeature: { minSupportedVersion: 0, maxSupportedVersion: 1 },
  }));
  const snapshot = new SnapshotBatches(0, nowMs);
  return Buffer.concat([snapshot.header(nowMs, { kraftVersion, voters }), snapshot.footer()]);
}

function describeDirectory(dir: string, { metadataDirectory, initialVoters, nodeId }: FormatOptions): string {
  if (dir !== metadataDirectory) return "data directory";
  if (initialVoters === undefined) return "metadata directory";
  return initialVoters.some(({ id }) => id === nodeId)
    ? "dynamic metadata voter directory"
    : "dynamic metadata directory";
}
