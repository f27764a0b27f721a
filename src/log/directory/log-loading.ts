import { type Clock, type Disk, DiskError, type Logger, type Workers } from "../../io/ports.ts";
import { type LogConfig } from "../log-config.ts";
import { type DirectoryKind } from "../log-files.ts";
import { type RecoveredLog } from "../recovery/recovered-log.ts";
import { type DelayedRemovals } from "./delayed-removals.ts";
import { directoryContents, type FoundLog } from "./directory-contents.ts";
import { recoverInThreads } from "./directory-recovery.ts";
import { type LogDirectories } from "./log-directories.ts";
import { type LogDirectory } from "./log-directory.ts";
import { type LogOpener } from "./log-opener.ts";
import { areRivals, duplicateLogs } from "./log-reconciliation.ts";
import { type LogRegistry } from "./log-registry.ts";

export interface LogLoadingOptions {
  /** Directories of partitions that are not ours to load. */
  readonly excluded: ReadonlySet<string>;
  /** Of logs whose topics' configuration is not known yet. */
  readonly defaultConfig: LogConfig;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface LogLoadingParts {
  readonly directories: LogDirectories;
  readonly logs: LogRegistry;
  readonly opener: LogOpener;
  readonly removals: DelayedRemovals;
}

/** The start of a node, as far as its logs go: finds what lies in the directories, has it recovered, and opens it. */
export class LogLoading {
  readonly #options: LogLoadingOptions;
  readonly #parts: LogLoadingParts;
  /** What lies in the directories, until it is loaded. */
  readonly #contents = new Map<LogDirectory, readonly FoundLog[]>();
  /** What threads have recovered, by the directories of the logs. */
  readonly #recovered = new Map<string, RecoveredLog>();

  constructor(options: LogLoadingOptions, parts: LogLoadingParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * Has threads recover the logs of directories that were not closed in good order. What they have not done when it
   * resolves, `load` does in place. Never rejects.
   */
  async recover(workers: Workers, threadsMax: number, inPlaceBytesMax: number): Promise<void> {
    const { disk, clock, logger, defaultConfig } = this.#options;
    const { indexIntervalBytes } = defaultConfig;
    const limits = { threadsMax, inPlaceBytesMax };
    const options = { ...limits, workers, disk, clock, logger, indexIntervalBytes, recovered: this.#recovered };
    const unclean = this.#parts.directories.online().filter(({ hadCleanShutdown }) => !hadCleanShutdown);
    const recoverOne = async (directory: LogDirectory): Promise<void> => {
      let found: readonly FoundLog[] = [];
      directory.guardUnlessShort(() => (found = this.#contentsOf(directory)));
      await recoverInThreads(directory, found, options);
    };
    // What lacks descriptors now, `load` comes to again.
    await Promise.all(unclean.map((each) => recoverOne(each).catch((error: unknown) => void DiskError.from(error))));
  }

  /**
   * Opens every log; after a crash with recovery.
   * @throws DiskError when a log is in two directories (EDUPLICATE), when all directories have failed (ENODIR), or for want of
   * descriptors
   */
  load(): void {
    const { directories } = this.#parts;
    for (const directory of directories.online()) {
      // Before loading: a process that is killed while it loads may leave half of its repairs behind.
      if (directory.guardUnlessShort(() => directory.beginUse())) this.#loadLogs(directory);
    }
    if (directories.online().length === 0) {
      const all = directories.paths.join(", ");
      throw new DiskError("ENODIR", `Shutdown broker because all log dirs in ${all} have failed`);
    }
    this.#recovered.clear();
    this.#contents.clear();
  }

  #contentsOf(directory: LogDirectory): readonly FoundLog[] {
    const { disk, excluded, logger } = this.#options;
    const contents = this.#contents.get(directory) ?? directoryContents(directory, excluded, disk, logger);
    this.#contents.set(directory, contents);
    return contents;
  }

  #loadLogs(directory: LogDirectory): void {
    const { logger, defaultConfig } = this.#options;
    directory.guardUnlessShort(() => {
      for (const found of this.#contentsOf(directory)) {
        const { dir, kind } = found;
        if (kind === "stray") {
          logger.warn({ directory: dir }, "A stray log lies here: remove it when it is not needed");
        } else if (kind === "delete") {
          this.#parts.removals.add((remove) => remove(dir), defaultConfig.fileDeleteDelayMs);
        } else {
          this.#loadLog(directory, found, kind);
        }
        // The rest of a directory that failed is out of reach.
        if (!directory.isOnline) return;
      }
    });
  }

  #loadLog(directory: LogDirectory, found: FoundLog, kind: Exclude<DirectoryKind, "delete" | "stray">): void {
    const { name, dir } = found;
    const { logs, opener } = this.#parts;
    const { logger, defaultConfig } = this.#options;
    if (!directory.hadCleanShutdown) logger.debug({ log: name }, "Recovering the log");
    const recovered = this.#recovered.get(dir);
    const log = opener.open(directory, { ...found, recovered, config: defaultConfig, isConfigKnown: false });
    if (log === undefined) return;
    const others = kind === "future" ? logs.futures : logs.current;
    const other = others.get(name);
    if (other === undefined) others.set(name, log);
    else if (kind === "future" || areRivals(log, other)) throw duplicateLogs(log, other);
    else logs.rivals.add(log);
  }
}
