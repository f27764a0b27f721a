import { WheelEntry } from "../base/timer-wheel.ts";
import { Errors } from "../protocol/errors.ts";
import { type FetchPartition } from "./fetch-partition.ts";
import { type FetchParameters, type FetchRead, type PartitionResolver, readPartitions } from "./fetch-reader.ts";
import { type Partition, type ProgressWatcher } from "./partition.ts";
import { type ReplicaManager } from "./replica-manager.ts";

/**
 * A fetch that found less than `min.bytes` and waits for more. Progress of a partition is followed by counting the bytes
 * appended since, so that a wake-up costs the same however many partitions the fetch has; only when the count says that
 * there is enough are the partitions read.
 */
export class DelayedFetch extends WheelEntry implements ProgressWatcher {
  readonly #replicaManager: ReplicaManager;
  readonly #requests: readonly FetchPartition[];
  readonly #parameters: FetchParameters;
  readonly #resolve: PartitionResolver;
  readonly #onDone: (read: FetchRead) => void;
  /** The partitions that are watched, and how much each had readable when it was looked at last. */
  readonly #watched = new Map<Partition, number>();
  #availableBytes: number;
  /** Something written lies beyond what this reader may see, so that counting says nothing about what it gets. */
  #isBehind: boolean;
  #isDone = false;

  /** @param first the read that found too little: its partitions are waited for, not those that are missing */
  constructor(
    replicaManager: ReplicaManager,
    first: FetchRead,
    parameters: FetchParameters,
    resolve: PartitionResolver,
    onDone: (read: FetchRead) => void,
  ) {
    super();
    this.#replicaManager = replicaManager;
    this.#requests = first.results.map(({ request }) => request);
    this.#parameters = parameters;
    this.#resolve = resolve;
    this.#onDone = onDone;
    this.#availableBytes = first.sizeBytes;
    this.#isBehind = this.#lagsBehind(first);
    for (const { partition } of first.results) {
      this.#watched.set(partition, partition.readableBytes);
      partition.watch(this);
    }
    replicaManager.schedule(this, parameters.maxWaitMs);
  }

  onProgress(partition: Partition): void {
    if (this.#isDone) return;
    this.#availableBytes += partition.readableBytes - (this.#watched.get(partition) ?? 0);
    this.#watched.set(partition, partition.readableBytes);
    const mayHaveFailed = this.#parameters.leaderOnly && partition.leaderError(-1) !== Errors.NONE;
    if (!mayHaveFailed && !this.#isBehind && this.#availableBytes < this.#parameters.minBytes) return;
    const read = this.#read();
    // A partition that went away meanwhile is an error like any other.
    if (read.mustAnswer || read.missing.length > 0) return this.#finish(read);
    this.#isBehind = this.#lagsBehind(read);
    this.#availableBytes = read.sizeBytes;
  }

  override onExpire(): void {
    if (!this.#isDone) this.#finish(this.#read());
  }

  #read(): FetchRead {
    return readPartitions(this.#requests, this.#parameters, this.#resolve);
  }

  #finish(read: FetchRead): void {
    this.#isDone = true;
    this.#replicaManager.unschedule(this);
    for (const partition of this.#watched.keys()) partition.unwatch(this);
    this.#onDone(read);
  }

  /** An open transaction, or replicas that lag: the bytes will come into sight without being written again. */
  #lagsBehind({ results }: FetchRead): boolean {
    const { bound } = this.#parameters;
    return results.some(({ partition }) => partition.bound(bound) < partition.log.writtenOffset);
  }
}
