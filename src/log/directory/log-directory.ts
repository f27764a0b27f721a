import { type Uuid } from "../../base/brand.ts";
import { type Disk, type DiskDirectory, DiskError, type FileLock, type Logger, type Timers } from "../../io/ports.ts";
import { readCleanShutdown, removeCleanShutdown, writeCleanShutdown } from "./clean-shutdown.ts";
import { DirectoryCheckpoints } from "./directory-checkpoints.ts";
import { DiskUser } from "../disk-user.ts";
import { type Log } from "../log.ts";

export interface LogDirectoryOptions {
  readonly path: string;
  readonly id: Uuid | undefined;
  readonly disk: Disk;
  readonly timers: Timers;
  readonly logger: Logger;
  /** The directory failed: its logs are offline. */
  readonly onFailed: () => void;
}

/** Closing thousands of logs in one turn of the event loop would be felt. */
const closedInTurn = 200;
/** In good order each may have files to make. */
const closedInOrderInTurn = 50;

/** One of `log.dirs`: locked for this process, with the logs in it. It fails as a whole, and alone. */
export class LogDirectory extends DiskUser {
  readonly path: string;
  /** What the cluster calls it (KIP-858); undefined where that is not tracked. */
  readonly id: Uuid | undefined;
  /** Whether its last user stopped in good order, so that nothing in it needs recovery. */
  readonly hadCleanShutdown: boolean;
  /** Of the registration before the last clean shutdown; undefined after a crash. */
  readonly brokerEpoch: number | undefined;
  /** Current and future ones. */
  readonly logs = new Set<Log>();
  /** The names of those whose files are being made, and which are not open yet. */
  readonly comingLogs = new Set<string>();
  readonly checkpoints: DirectoryCheckpoints;
  readonly #options: LogDirectoryOptions;
  readonly #lock: FileLock;
  /** Held, so that a rename in it can be made durable when there is no descriptor left. */
  readonly #names: DiskDirectory;
  /** The logs of a directory that failed whose files are open yet. */
  #closing: Log[] = [];

  /**
   * Makes the directory when there is none, and locks it.
   * @throws DiskError with code ELOCKED when another process uses it
   */
  constructor(options: LogDirectoryOptions) {
    super();
    const { path, disk, timers, logger } = options;
    this.path = path;
    this.id = options.id;
    this.#options = options;
    makeDirectory(disk, path);
    // A directory that cannot be read is known to have failed before anything relies on it.
    disk.list(path);
    this.#lock = lockDirectory(disk, path);
    const { names, cleanShutdown } = this.#begin();
    this.#names = names;
    this.hadCleanShutdown = cleanShutdown !== undefined;
    this.brokerEpoch = cleanShutdown?.brokerEpoch;
    this.checkpoints = new DirectoryCheckpoints({
      directory: path,
      disk,
      timers,
      logger,
      logs: this.logs,
      onDiskError: (error) => this.refuse(error),
    });
  }

  get isOnline(): boolean {
    return !this.isOffline;
  }

  #begin() {
    const { disk } = this.#options;
    try {
      return { cleanShutdown: readCleanShutdown(disk, this.path), names: disk.openDirectory(this.path) };
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** From here on the directory is in use: a crash must be seen as one. */
  beginUse(): void {
    removeCleanShutdown(this.#options.disk, this.path, this.#names);
  }

  /** Makes the names in it durable. */
  sync(): void {
    this.#names.sync();
  }

  override fail(thrown: unknown): void {
    // Where a log is in two directories the disk is not at fault, and the operator has to do something.
    if (thrown instanceof DiskError && thrown.code === "EDUPLICATE") throw thrown;
    super.fail(thrown);
  }

  protected override onFailed(error: DiskError): void {
    this.checkpoints.close();
    this.#options.logger.error({ error, directory: this.path }, "The log directory failed: it is taken offline");
    this.#closeNames();
    // Nothing is served from there from now on; what holds the volume goes in the next turns.
    for (const log of this.logs) log.stopServing();
    this.#closing = [...this.logs];
    this.#options.onFailed();
    this.#closeInTurns();
  }

  /** Of a checkpoint in the background, which comes again in its interval. */
  protected override onShortage(error: DiskError): void {
    this.#options.logger.warn({ error, directory: this.path }, "A checkpoint could not be written: it is tried again");
  }

  #closeInTurns(): void {
    for (const log of this.#closing.splice(-closedInTurn)) log.goOffline();
    if (this.#closing.length > 0) this.#options.timers.endOfTurn(() => this.#closeInTurns());
  }

  /** Closes its logs in good order, so that the next start needs no recovery; a part in each step. */
  *closing(brokerEpoch: number): Generator<void, void> {
    this.checkpoints.close();
    try {
      let closed = 0;
      let isSettled = true;
      for (const log of this.logs) {
        // It may have failed in between.
        if (!this.isOnline) return;
        isSettled &&= log.isSettled;
        log.close();
        if (++closed % closedInOrderInTurn === 0) yield;
      }
      for (const kind of ["recoveryPoint", "logStart", "highWatermark"] as const) {
        if (!this.isOnline) return;
        this.checkpoints.write(kind);
        yield;
      }
      if (!this.isOnline) return;
      this.checkpoints.writeIfNew("cleaned");
      if (isSettled) writeCleanShutdown(this.#options.disk, this.path, brokerEpoch);
    } catch (error) {
      this.#options.logger.error({ error, directory: this.path }, "The directory could not be closed in good order");
      // What waits to be written of those that are open must not come when others use the directory.
      for (const log of this.logs) log.goOffline();
    }
  }

  /** Lets other processes use the directory. */
  release(): void {
    if (this.isOnline) this.#closeNames();
    for (const log of this.#closing.splice(0)) log.goOffline();
    this.#lock.release();
  }

  #closeNames(): void {
    try {
      this.#names.close();
    } catch (error) {
      this.#options.logger.debug({ error, directory: this.path }, "The directory could not be closed");
    }
  }
}

/** What is made durable in a directory is lost with the directory's own name. */
function makeDirectory(disk: Disk, path: string): void {
  if (disk.exists(path)) return;
  disk.mkdir(path);
  disk.syncDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
}

export function lockDirectory(disk: Disk, path: string): FileLock {
  try {
    return disk.lock(`${path}/.lock`);
  } catch (error) {
    if (!(error instanceof DiskError) || error.code !== "ELOCKED") throw error;
    throw new DiskError(
      "ELOCKED",
      `Failed to acquire lock on file .lock in ${path}. A Kafka instance in another process is using this directory.`,
    );
  }
}
