import { type Random } from "../../io/ports.ts";
import { type Log } from "../log.ts";
import { renamedDirectoryName } from "../log-files.ts";
import { type LogDirectories } from "./log-directories.ts";
import { type LogOpener } from "./log-opener.ts";
import { type LogRegistry } from "./log-registry.ts";

export interface FutureLogsParts {
  readonly directories: LogDirectories;
  readonly logs: LogRegistry;
  readonly opener: LogOpener;
}

/** The copies of logs that move to another directory: begun, and gone on with after a restart. */
export class FutureLogs {
  readonly #random: Random;
  readonly #parts: FutureLogsParts;

  constructor(random: Random, parts: FutureLogsParts) {
    this.#random = random;
    this.#parts = parts;
  }

  /**
   * Begins the future log of a partition in another directory; undefined when that fails, or when some directory is
   * offline: there may be a future log already.
   * @throws DiskError when the system is short of descriptors or memory: nothing of it is left
   */
  create(current: Log, path: string): Log | undefined {
    const { directories, logs, opener } = this.#parts;
    const directory = directories.findOnline(path);
    if (directory === undefined || directories.hasOffline) return undefined;
    const { topic, partition, topicId, config } = current;
    const dir = `${directory.path}/${renamedDirectoryName(topic, partition, "future", this.#random)}`;
    const own = { dir, topic, partition, config };
    // What fails, fails before there is a copy that nobody moves.
    if (!current.storage.attempt(() => current.storage.cleaning?.abort())) return undefined;
    const log = opener.create(directory, topicId === undefined ? own : { ...own, topicId });
    if (log === undefined) return undefined;
    logs.futures.set(log.name, log);
    this.#noteCompaction(current, log);
    return log;
  }

  /**
   * Makes of a future log that was found at the start a copy that can go on to follow `current`.
   * @throws DiskError when the system is short of descriptors or memory: it is to be called again then
   */
  resume(current: Log, future: Log): void {
    const isCompactedAlike = future.cleanedOffset === current.cleanedOffset;
    // Its beginning may have failed before it said whose it is.
    if (current.topicId !== undefined) future.assignTopicId(current.topicId);
    future.updateConfig(current.config);
    future.settleRecovery({ isCopy: true });
    // While the copy's directory was offline nothing kept the cleaner off the log. What is gone from there, perhaps with the
    // tombstone that told of it, must not come back from here.
    if (!isCompactedAlike) future.truncateFullyAndStartAt(current.logStartOffset);
    this.#noteCompaction(current, future);
  }

  /** A copy has been compacted as far as what it is copied from. */
  #noteCompaction(current: Log, future: Log): void {
    if (future.cleanedOffset === current.cleanedOffset) return;
    future.storage.cleanedOffset = current.cleanedOffset;
    this.#parts.logs.directoryOf(future)?.checkpoints.writeInBackground("cleaned");
  }
}
