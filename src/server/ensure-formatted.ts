import { randomUuid } from "../base/uuid.ts";
import { type BrokerConfig } from "../config/broker-config.ts";
import { type Disk, DiskError, type FileLock, type Ports } from "../io/ports.ts";
import { lockDirectory } from "../log/directory/log-directory.ts";
import { formatStorage } from "../metadata/storage/formatter.ts";
import { type InitialVoter } from "../metadata/storage/initial-voters.ts";
import { directoryProblem } from "../metadata/storage/directory-problem.ts";
import { readLogDirs } from "../metadata/storage/log-dirs.ts";
import { metaPropertiesFileName } from "../metadata/storage/meta-properties.ts";
import { refuseTakenAddresses } from "./bind.ts";
import { refuseWhatIsMissing } from "./refuse-what-is-missing.ts";
import { StartupError } from "./startup-error.ts";

/**
 * Formats the node's directories with a new cluster id, as `kafka-storage.sh format --standalone` would, when none of them
 * has been formatted. Directories of an existing cluster are left alone, whatever else is wrong with them.
 * @throws StartupError when that fails, or when the node could not listen where it is to: no directory counts as formatted then
 */
export async function ensureFormatted(
  config: BrokerConfig,
  ports: Pick<Ports, "clock" | "disk" | "net" | "random" | "logger">,
): Promise<void> {
  // What will not start has nothing written for it.
  refuseWhatIsMissing(config);
  const directories = [...new Set([...config.logDirs, config.metadataLogDir])];
  const isFormatted = () =>
    directories.some((directory) => ports.disk.exists(`${directory}/${metaPropertiesFileName}`));
  if (isFormatted()) return;
  for (const [directory, cause] of readLogDirs(directories, ports.disk).failed) {
    throw new StartupError(directoryProblem(config, directory, "the directory cannot be read", cause));
  }
  await refuseTakenAddresses(config.listeners, ports.net);
  for (const directory of directories) make(directory, config, ports.disk);
  const locks: FileLock[] = [];
  try {
    for (const directory of directories) locks.push(lock(directory, config, ports.disk));
    // Another start may have formatted them meanwhile: which of the two has the directories, their locks tell.
    if (!isFormatted()) format(directories, config, ports);
  } finally {
    for (const lock of locks) lock.release();
  }
}

/** @throws StartupError when that fails: none of them counts as formatted then */
function format(
  directories: readonly string[],
  config: BrokerConfig,
  ports: Pick<Ports, "clock" | "disk" | "random" | "logger">,
): void {
  const clusterId = randomUuid(ports.random);
  const hasDynamicQuorum = config.quorumVoters.length === 0;
  const result = formatStorage(
    {
      clusterId,
      nodeId: config.nodeId,
      directories,
      metadataDirectory: config.metadataLogDir,
      controllerListenerName: config.controllerListenerNames[0] ?? "",
      ignoreFormatted: false,
      hasDynamicQuorum,
      ...(hasDynamicQuorum && config.isController ? { initialVoters: [ownVoter(config, ports)] } : {}),
    },
    { disk: ports.disk, random: ports.random, nowMs: ports.clock.wallMs() },
  );
  if (!result.ok) {
    // A next start that found one of them formatted would take the others for volumes that are missing.
    for (const [directory, written] of readLogDirs(directories, ports.disk).formatted) {
      // What another process has written at the same time stays.
      if (written.clusterId === clusterId) ports.disk.remove(`${directory}/${metaPropertiesFileName}`);
    }
    throw new StartupError(`The directories of ${namedKeys(config)} cannot be formatted: ${result.error}`);
  }
  ports.logger.info({ clusterId, directories }, "Formatted empty directories with a new cluster id");
}

/** @throws StartupError */
function make(directory: string, config: BrokerConfig, disk: Disk): void {
  try {
    disk.mkdir(directory);
  } catch (error) {
    throw new StartupError(
      directoryProblem(config, directory, "the directory cannot be created", DiskError.from(error)),
    );
  }
}

/** @throws StartupError */
function lock(directory: string, config: BrokerConfig, disk: Disk): FileLock {
  try {
    return lockDirectory(disk, directory);
  } catch (thrown) {
    const error = DiskError.from(thrown);
    const isTaken = error.code === "ELOCKED";
    throw new StartupError(
      isTaken ? error.message : directoryProblem(config, directory, "the directory cannot be written", error),
    );
  }
}

function ownVoter(config: BrokerConfig, { random }: Pick<Ports, "random">): InitialVoter {
  const endpoint = config.advertisedControllerListeners[0];
  return {
    id: config.nodeId,
    host: endpoint === undefined || endpoint.host === "" ? "localhost" : endpoint.host,
    port: endpoint?.port ?? 0,
    directoryId: randomUuid(random),
  };
}

function namedKeys({ logDirs, metadataLogDir }: BrokerConfig): string {
  const own = `log.dirs=${logDirs.join(",")}`;
  return logDirs.includes(metadataLogDir) ? own : `${own} and metadata.log.dir=${metadataLogDir}`;
}
