import { assert } from "../../base/assert.ts";
import { type Uuid } from "../../base/brand.ts";
import { type Disk, DiskError, type Logger, type Timers } from "../../io/ports.ts";
import { LogDirectory } from "./log-directory.ts";

export interface LogDirectoriesOptions {
  /** `log.dirs` */
  readonly paths: readonly string[];
  /** What `meta.properties` calls them (KIP-858); without those that failed before. */
  readonly ids: ReadonlyMap<string, Uuid>;
  /** Those that were found broken before. */
  readonly failed: readonly string[];
  readonly disk: Disk;
  readonly timers: Timers;
  readonly logger: Logger;
  /** A directory failed and its logs are offline; `isLast` when no directory is left. */
  readonly onFailed: (directory: LogDirectory, isLast: boolean) => void;
}

/** The log directories of a node. One that cannot be opened is offline from the start; the others go on. */
export class LogDirectories {
  readonly paths: readonly string[];
  readonly #options: LogDirectoriesOptions;
  readonly #opened = new Map<string, LogDirectory>();

  /**
   * Locks the directories, after making those that are missing.
   * @throws DiskError when another process uses one (ELOCKED), when none can be used, or for want of descriptors
   */
  constructor(options: LogDirectoriesOptions) {
    this.#options = options;
    this.paths = [...new Set(options.paths)];
    const causes: string[] = [];
    try {
      for (const path of this.paths) {
        const error = options.failed.includes(path) ? undefined : this.#open(path);
        if (error !== undefined) causes.push(`${path} (${error.message})`);
      }
      if (this.#opened.size > 0) return;
      const sentence = `Shutdown broker because none of the specified log dirs from ${this.paths.join(", ")} can be created or validated`;
      throw new DiskError("ENODIR", causes.length === 0 ? sentence : `${sentence}: ${causes.join("; ")}`);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Returns why it is offline, if it is. */
  #open(path: string): DiskError | undefined {
    const { disk, timers, logger, ids } = this.#options;
    try {
      const onFailed = (): void => this.#failed(path);
      const directory = new LogDirectory({ path, id: ids.get(path), disk, timers, logger, onFailed });
      this.#opened.set(path, directory);
      return undefined;
    } catch (error) {
      if (!(error instanceof DiskError) || error.code === "ELOCKED" || error.isShortage) throw error;
      logger.error({ error, directory: path }, "The log directory cannot be used: it is offline");
      return error;
    }
  }

  #failed(path: string): void {
    const directory = this.#opened.get(path);
    assert(directory !== undefined, "a directory that fails was opened");
    this.#options.onFailed(directory, this.online().length === 0);
  }

  /** Those that work, in the order of the configuration. */
  online(): LogDirectory[] {
    return [...this.#opened.values()].filter(({ isOnline }) => isOnline);
  }

  /** Ids of those that work. */
  onlineIds(): Uuid[] {
    return this.online()
      .map(({ id }) => id)
      .filter((id) => id !== undefined);
  }

  get hasOffline(): boolean {
    return this.online().length < this.paths.length;
  }

  /** The one with this path or id, if it works. */
  findOnline(pathOrId: string): LogDirectory | undefined {
    return this.online().find(({ path, id }) => path === pathOrId || id === pathOrId);
  }

  /** It is none of those that work, and some do not. */
  mayBeOffline(id: Uuid): boolean {
    return this.hasOffline && this.findOnline(id) === undefined;
  }

  /** The broker epoch of the last clean shutdown; -1 when some directory had none, or is offline (KIP-966). */
  get previousBrokerEpoch(): number {
    const online = this.online();
    const epoch = online[0]?.brokerEpoch;
    const agree = epoch !== undefined && !this.hasOffline && online.every(({ brokerEpoch }) => brokerEpoch === epoch);
    return agree ? epoch : -1;
  }

  /** Whether the last user of the directory stopped in good order, so that nothing in it needs recovery. */
  hadCleanShutdown(path: string): boolean {
    return this.#opened.get(path)?.hadCleanShutdown ?? false;
  }

  /**
   * Where a new log goes: to the directory with the fewest, the first of them. When all are cordoned, the first takes it.
   * Undefined when none works.
   */
  forNewLog(isCordoned: (path: string) => boolean): LogDirectory | undefined {
    const online = this.online();
    let chosen: LogDirectory | undefined;
    for (const directory of online) {
      if (isCordoned(directory.path)) continue;
      if (chosen === undefined || countOf(directory) < countOf(chosen)) chosen = directory;
    }
    return chosen ?? online[0];
  }

  /** Closes their logs in good order, a part in each step, and lets others use them. */
  *closing(brokerEpoch: number): Generator<void, void> {
    for (const directory of this.#opened.values()) yield* directory.closing(brokerEpoch);
    this.release();
  }

  /** Lets others use them, whatever state they are in. */
  release(): void {
    for (const directory of this.#opened.values()) directory.release();
  }
}

function countOf({ logs, comingLogs }: LogDirectory): number {
  return logs.size + comingLogs.size;
}
