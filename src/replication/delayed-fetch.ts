import { WheelEntry } from "../base/timer-wheel.ts";
import { Errors } from "../protocol/errors.ts";
import { type FetchPartition } from "./fetch-partition.ts";
import {
  type FetchParameters,
  type FetchRead,
  type FetchResult,
  type PartitionResolver,
  readPartitions,
} from "./fetch-reader.ts";
import { type Partition, type ProgressWatcher } from "./partition.ts";
import { type ReplicaManager } from "./replica-manager.ts";

/**
 * A fetch that found less than `min.bytes` and waits for more. Progress of a partition is followed by counting the bytes
 * appended since, so that a wake-up costs the same however many partitions the fetch has; only when the count says that
 * there is enough are the partitions read.
 */
export class DelayedFetch extends WheelEntry implements ProgressWatcher {
  readonly #replicaManager: ReplicaManager;
  readonly #requests: Iterable<FetchPartition>;
  readonly #parameters: FetchParameters;
  readonly #resolve: PartitionResolver;
  readonly #onDone: (results: FetchResult[]) => void;
  /** The partitions that are watched, and how much each had readable when it was looked at last. */
  readonly #watched = new Map<Partition, number>();
  #availableBytes: number;
  /** What is written lies beyond what this reader may see, so that counting says nothing about what it gets. */
  #isBehind = false;
  #isDone = false;

  constructor(
    replicaManager: ReplicaManager,
    requests: Iterable<FetchPartition>,
    parameters: FetchParameters,
    resolve: PartitionResolver,
    onDone: (results: FetchResult[]) => void,
    first: FetchRead,
  ) {
    super();
    this.#replicaManager = replicaManager;
    this.#requests = requests;
    this.#parameters = parameters;
    this.#resolve = resolve;
    this.#onDone = onDone;
    this.#availableBytes = first.sizeBytes;
    for (const { partition } of first.results) {
      if (partition === undefined) continue;
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
    if (read.mustAnswer) return this.#finish(read);
    // An open transaction, or replicas that lag: the bytes will come into sight without being written again.
    this.#isBehind = read.sizeBytes < this.#availableBytes;
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
    this.#onDone(read.results);
  }
}
