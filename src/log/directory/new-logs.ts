import { type Uuid } from "../../base/brand.ts";
import { type Disk, DiskError } from "../../io/ports.ts";
import { type Log } from "../log.ts";
import { type LogConfig } from "../log-config.ts";
import { partitionDirectoryName } from "../log-files.ts";
import { newLogFiles } from "../new-log-files.ts";
import { type LogDirectories } from "./log-directories.ts";
import { type LogDirectory } from "./log-directory.ts";
import { type LogOpener } from "./log-opener.ts";
import { type LogRegistry } from "./log-registry.ts";
import { type LogRelocation } from "./log-relocation.ts";

/** A partition that comes to this broker. */
export interface NewReplica {
  readonly topic: string;
  readonly partition: number;
  readonly topicId: Uuid;
  /** Id of the directory that the metadata has for it; undefined when it names none. */
  readonly assignedDirectory: Uuid | undefined;
  readonly config: LogConfig;
}

export interface NewLogsOptions {
  readonly disk: Disk;
  /** `cordoned.log.dirs`: no new log goes there. */
  readonly isCordoned?: (directory: string) => boolean;
}

export interface NewLogsParts {
  readonly directories: LogDirectories;
  readonly logs: LogRegistry;
  readonly opener: LogOpener;
  readonly relocation: LogRelocation;
}

/** So many directories are made at once: new names in one directory wait for each other anyway, and others need threads too. */
const madeAtOnceMax = 2;

/** The logs of partitions that come to this broker: where they go, and their files, which are made off the event loop. */
export class NewLogs {
  readonly #options: NewLogsOptions;
  readonly #parts: NewLogsParts;
  /** Where AlterReplicaLogDirs wants a replica that is not here yet. */
  readonly #preferred = new Map<string, string>();
  /** Those whose directories are there, with files in them; by the names of the directories. */
  readonly #made = new Map<string, { readonly directory: LogDirectory; readonly replica: NewReplica }>();

  constructor(options: NewLogsOptions, parts: NewLogsParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Has the log of a partition made in that directory when the partition comes to this broker, unless it lies there. */
  prefer(topic: string, partition: number, directory: string): void {
    const { logs } = this.#parts;
    const name = partitionDirectoryName(topic, partition);
    const isThere = [logs.current.get(name), logs.futures.get(name)].some(
      (log) => log !== undefined && logs.directoryOf(log)?.path === directory,
    );
    if (!isThere) this.#preferred.set(name, directory);
  }

  /** What `prefer` said of the partition has been done, or is out of date. */
  settled(name: string): void {
    this.#preferred.delete(name);
  }

  /**
   * Opens the log of a partition that has none here, with the files that `make` made or new ones. Undefined when no directory
   * can take it, or when it may lie in one that is offline.
   * @throws DiskError when the system is short of descriptors or memory: nothing of it is left, and it is worth another try
   */
  open({ topic, partition, topicId, assignedDirectory, config }: NewReplica): Log | undefined {
    const { logs, opener } = this.#parts;
    const name = partitionDirectoryName(topic, partition);
    for (let assigned = assignedDirectory; ; assigned = undefined) {
      const made = this.#take(name, topicId);
      // It comes back with that directory, and must not lie in another one too by then.
      if (made?.isOnline === false) return undefined;
      const directory = made ?? this.#directoryFor(name, assigned);
      if (directory === undefined) return undefined;
      const dir = `${directory.path}/${name}`;
      const log = opener.create(directory, { topic, partition, topicId, config, dir, isMade: made !== undefined });
      if (log === undefined) continue;
      logs.current.set(name, log);
      this.settled(name);
      return log;
    }
  }

  /** The directory that the log of a new partition goes to; undefined when none works, or it may be in one that is offline. */
  #directoryFor(name: string, assignedDirectory: Uuid | undefined): LogDirectory | undefined {
    const { directories } = this.#parts;
    const { isCordoned = () => false } = this.#options;
    if (assignedDirectory !== undefined && directories.mayBeOffline(assignedDirectory)) return undefined;
    const assigned = assignedDirectory === undefined ? undefined : directories.findOnline(assignedDirectory);
    const preferred = directories.findOnline(this.#preferred.get(name) ?? "");
    return preferred ?? assigned ?? directories.forNewLog(isCordoned);
  }

  /**
   * Makes the directories of logs, and the files in them. What is not made when it resolves is made when the log is opened,
   * or fails then. Never rejects.
   */
  async make(replicas: readonly NewReplica[]): Promise<void> {
    const waiting = replicas.values();
    const makeNext = async (): Promise<void> => {
      for (const replica of waiting) await this.#makeOne(replica);
    };
    await Promise.all(Array.from({ length: madeAtOnceMax }, makeNext));
  }

  /** The directory in which the files of the partition's log were made, and which may have failed since; undefined when they were not. */
  #take(name: string, topicId: Uuid): LogDirectory | undefined {
    const made = this.#made.get(name);
    this.#made.delete(name);
    made?.directory.comingLogs.delete(name);
    return made?.replica.topicId === topicId ? made.directory : undefined;
  }

  /**
   * Removes what was made and will not be opened, since the node stops: nothing of it is durable, and the next start finds
   * a clean shutdown.
   */
  abandon(): void {
    for (const [name, { directory, replica }] of this.#made) {
      directory.comingLogs.delete(name);
      this.#discard(directory, replica);
    }
    this.#made.clear();
  }

  /** Has a directory removed that could not be made whole, or that nobody wants any more. */
  #discard(directory: LogDirectory, replica: NewReplica): void {
    const name = partitionDirectoryName(replica.topic, replica.partition);
    this.#parts.relocation.discardFiles(directory, replica, `${directory.path}/${name}`);
  }

  async #makeOne(replica: NewReplica): Promise<void> {
    const { disk } = this.#options;
    const { topic, partition, topicId, assignedDirectory, config } = replica;
    const name = partitionDirectoryName(topic, partition);
    const directory = this.#directoryFor(name, assignedDirectory);
    if (directory === undefined) return;
    const path = `${directory.path}/${name}`;
    let isOurs = false;
    directory.comingLogs.add(name);
    try {
      // Once the files are there a crash leaves a log, and what is said of an earlier one of that name would hold for it.
      directory.checkpoints.forget(name);
      await disk.mkdirAsync(path);
      isOurs = true;
      await disk.makeFilesAsync(path, newLogFiles(topicId, config));
      this.#made.set(name, { directory, replica });
    } catch (thrown) {
      directory.comingLogs.delete(name);
      const error = DiskError.from(thrown);
      // Something that lies there is looked into when the log is opened.
      if (error.code === "EEXIST") return;
      // What is half made in a directory that fails, a start finds empty, and lets go.
      if (!error.isShortage) return directory.fail(error);
      // What lies there may be another's.
      if (isOurs) this.#discard(directory, replica);
    }
  }
}
