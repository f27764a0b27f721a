import { type Disk, DiskError, type Logger, type Random } from "../../io/ports.ts";
import { type DelayedRemovals } from "./delayed-removals.ts";
import { type Log } from "../log.ts";
import { partitionDirectoryName, renamedDirectoryName, type TopicPartition } from "../log-files.ts";
import { type LogDirectory } from "./log-directory.ts";
import { type LogRegistry } from "./log-registry.ts";

export interface LogRelocationOptions {
  readonly disk: Disk;
  readonly random: Random;
  readonly logs: LogRegistry;
  readonly removals: DelayedRemovals;
  readonly logger: Logger;
}

/** Gives the directories of logs other names: aside, to be deleted or looked at, and a copy's that of its partition. */
export class LogRelocation {
  readonly #disk: Disk;
  readonly #random: Random;
  readonly #logs: LogRegistry;
  readonly #removals: DelayedRemovals;
  readonly #logger: Logger;

  constructor({ disk, random, logs, removals, logger }: LogRelocationOptions) {
    this.#disk = disk;
    this.#random = random;
    this.#logs = logs;
    this.#removals = removals;
    this.#logger = logger;
  }

  /** Stops serving the log at once; its files go after `file.delete.delay.ms`. */
  delete(log: Log): void {
    this.#remove(log, "delete");
  }

  /**
   * As `delete`, of current and future logs and without holding the event loop up: their names are free for others when it
   * resolves. Never rejects.
   */
  async deleteAside(logs: readonly Log[]): Promise<void> {
    const compacted = new Set(
      logs.filter(({ cleanedOffset }) => cleanedOffset !== undefined).map((log) => this.#logs.directoryOf(log)),
    );
    await Promise.all(logs.map((log) => this.#deleteAside(log)));
    for (const directory of compacted)
      if (directory?.isOnline === true) directory.checkpoints.writeInBackground("cleaned");
  }

  /** That a copy is gone is durable: one that comes back with a loss of power would be gone on with. */
  async #deleteAside(log: Log): Promise<void> {
    const directory = this.#logs.directoryOf(log);
    const isCopy = this.#logs.isFuture(log);
    const dir = this.#nameAside(log, "delete");
    this.#logs.forget(log);
    if (directory?.isOnline !== true) return;
    try {
      await log.moveAsideAsync(dir);
      if (isCopy) directory.sync();
      this.#removals.add((remove) => remove(dir), log.config.fileDeleteDelayMs);
    } catch (error) {
      directory.fail(DiskError.from(error));
    }
  }

  /** Stops serving the log at once and keeps its files: as in Kafka, only people delete what nobody asked to be deleted. */
  setAside(log: Log): void {
    this.#remove(log, "stray");
  }

  /**
   * Puts the future log of a partition in the place of its current one, if there is one, whose files then go. False when a
   * disk failed, or for want of descriptors: then nothing has changed. The first rename is durable before the second: a
   * crash between them leaves a future log alone, which the next start promotes, and never two current ones.
   */
  promoteFuture(topic: string, partition: number): boolean {
    const name = partitionDirectoryName(topic, partition);
    const future = this.#logs.futures.get(name);
    const directory = future === undefined ? undefined : this.#logs.directoryOf(future);
    if (future === undefined || directory === undefined || !directory.isOnline) return false;
    // What was compacted away in the log that goes would, after a crash, look like holes in this one.
    if (!this.#prepare(directory)) return false;
    const current = this.#logs.current.get(name);
    const source = current === undefined ? undefined : this.#logs.directoryOf(current);
    const former = current?.dir ?? "";
    if (current !== undefined && !this.#rename(current, this.#nameAside(current, "delete"))) return false;
    const copy = future.dir;
    if (!this.#rename(future, `${directory.path}/${name}`)) {
      // What was to be replaced is whole.
      if (current !== undefined && source?.isOnline) {
        giveBackName(future, copy);
        this.#rename(current, former);
      }
      return false;
    }
    if (current !== undefined) this.#discard(current);
    this.#logs.futures.delete(name);
    this.#logs.current.set(name, future);
    return true;
  }

  /** What needs descriptors, and all of it: the renames have the one that each directory holds. */
  #prepare(directory: LogDirectory): boolean {
    try {
      return directory.guardUnlessShort(() => directory.checkpoints.writeIfNew("recoveryPoint"));
    } catch (error) {
      this.#logger.warn({ error: DiskError.from(error), directory: directory.path }, "A replica cannot be moved now");
      return false;
    }
  }

  #rename(log: Log, dir: string): boolean {
    const directory = this.#logs.directoryOf(log);
    return (
      directory !== undefined &&
      directory.guard(() => {
        log.rename(dir);
        directory.sync();
      })
    );
  }

  /** As in `#deleteAside`, that a copy is gone is durable. */
  #remove(log: Log, kind: "delete" | "stray"): void {
    const directory = this.#logs.directoryOf(log);
    const isCopy = this.#logs.isFuture(log);
    directory?.guard(() => {
      if (!directory.isOnline) return;
      log.moveAside(this.#nameAside(log, kind));
      if (isCopy) directory.sync();
    });
    if (kind === "delete" && directory?.isOnline) this.#discard(log);
    else this.#logs.forget(log);
    // A log that comes anew under the name was never compacted.
    if (log.cleanedOffset !== undefined && directory?.isOnline) directory.checkpoints.writeInBackground("cleaned");
  }

  /**
   * Has the directory of a log removed that was not opened, perhaps half made: neither here nor elsewhere may it be in the
   * way when the log is made again.
   */
  discardFiles(directory: LogDirectory, { topic, partition }: TopicPartition, dir: string): void {
    const aside = `${directory.path}/${renamedDirectoryName(topic, partition, "delete", this.#random)}`;
    try {
      this.#disk.rename(dir, aside);
    } catch (thrown) {
      const error = DiskError.from(thrown);
      if (error.code !== "ENOENT" && !error.isShortage) directory.fail(error);
      return;
    }
    this.#removals.add((remove) => remove(aside), 0);
  }

  #nameAside(log: Log, kind: "delete" | "stray"): string {
    const path = this.#logs.directoryOf(log)?.path ?? "";
    return `${path}/${renamedDirectoryName(log.topic, log.partition, kind, this.#random)}`;
  }

  /** Stops serving a log that lies aside already, and has its files removed. */
  #discard(log: Log): void {
    const { dir } = log;
    this.#logs.forget(log);
    log.abandon();
    this.#removals.add((remove) => remove(dir), log.config.fileDeleteDelayMs);
  }
}

/**
 * Of a copy whose name could not be made durable, on a disk that is not relied on any more: where it has that name all the
 * same, the next start finds two logs of the partition, and refuses to choose as Kafka's does.
 */
function giveBackName(copy: Log, dir: string): void {
  if (copy.dir === dir) return;
  try {
    copy.rename(dir);
  } catch (error) {
    DiskError.from(error);
  }
}
