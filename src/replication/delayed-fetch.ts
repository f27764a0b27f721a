import { WheelEntry } from "../base/timer-wheel.ts";
import { Errors } from "../protocol/errors.ts";
import { type FetchOwner, type FetchPartition } from "./fetch-partition.ts";
import {
  type FetchParameters,
  type FetchRead,
  forgetRead,
  type PartitionResolver,
  readPartitions,
} from "./fetch-reader.ts";
import { type FetchSession } from "./fetch-session.ts";
import { type Partition } from "./partition.ts";
import { type ReplicaManager } from "./replica-manager.ts";

/** A fetch that has been read once and found too little. */
export interface ParkedFetch {
  readonly parameters: FetchParameters;
  readonly resolve: PartitionResolver;
  readonly session: FetchSession | undefined;
  /** Only what is new in the session is read and told. */
  readonly isIncremental: boolean;
  readonly onDone: (read: FetchRead) => void;
}

/**
 * A fetch that found less than `min.bytes` and waits for more. Progress of a partition is followed by counting the bytes
 * written since, so that a wake-up costs the same however many partitions the fetch has; only when the count says that
 * there is enough are the partitions read, once for all that were written together.
 */
export class DelayedFetch extends WheelEntry implements FetchOwner {
  readonly #replicaManager: ReplicaManager;
  readonly #parked: ParkedFetch;
  /** What it waits for: the partitions of the first read, and with an incremental fetch all others of the session. */
  readonly #requests: readonly FetchPartition[];
  readonly #missing: ReadonlySet<FetchPartition>;
  #availableBytes: number;
  /** Something written lies beyond what this reader may see, so that counting says nothing about what it gets. */
  #isBehind: boolean;
  #isDue = false;
  #isDone = false;

  /** @param first the read that found too little: its partitions are waited for, not those that are missing */
  constructor(replicaManager: ReplicaManager, first: FetchRead, parked: ParkedFetch) {
    super();
    this.#replicaManager = replicaManager;
    this.#parked = parked;
    this.#requests = first.results.map(({ request }) => request);
    this.#missing = new Set(first.missing.map(({ request }) => request));
    this.#availableBytes = first.sizeBytes;
    this.#isBehind = this.#lagsBehind(first);
    for (const { request, partition } of first.results) {
      request.owner = parked.session ?? this;
      request.watch(partition);
    }
    forgetRead(first);
    parked.session?.addWaiting(this);
    replicaManager.deadlines.add(this, parked.parameters.maxWaitMs);
  }

  /** For a fetch without a session. */
  onProgress(wanted: FetchPartition, partition: Partition): void {
    const addedBytes = partition.readableBytes - wanted.seenBytes;
    wanted.seenBytes = partition.readableBytes;
    this.progressed(partition, addedBytes);
  }

  progressed(partition: Partition, addedBytes: number): void {
    if (this.#isDone) return;
    const { minBytes } = this.#parked.parameters;
    this.#availableBytes += addedBytes;
    const mayHaveFailed = partition.leaderError(-1) !== Errors.NONE;
    if (!mayHaveFailed && !this.#isBehind && this.#availableBytes < minBytes) return;
    if (this.#isDue) return;
    this.#isDue = true;
    // Other partitions may be written in the same turn: one answer brings them all.
    this.#replicaManager.whenAllAreWritten(this.#look);
  }

  readonly #look = (): void => {
    this.#isDue = false;
    if (this.#isDone) return;
    const read = this.#read();
    // A partition that went away meanwhile is an error like any other.
    if (read.mustAnswer || read.missing.length > 0) return this.#finish(read);
    this.#isBehind = this.#lagsBehind(read);
    this.#availableBytes = read.sizeBytes;
    forgetRead(read);
  };

  override onExpire(): void {
    if (!this.#isDone) this.#finish(this.#read());
  }

  #read(): FetchRead {
    const { session, isIncremental, parameters, resolve } = this.#parked;
    if (session === undefined || !isIncremental) return readPartitions(this.#requests, parameters, resolve);
    const due = session.due().filter((wanted) => !this.#missing.has(wanted));
    return readPartitions(due, parameters, resolve);
  }

  #finish(read: FetchRead): void {
    this.#isDone = true;
    this.#replicaManager.deadlines.remove(this);
    const { session, onDone } = this.#parked;
    if (session === undefined) for (const request of this.#requests) request.unwatch();
    else session.removeWaiting(this);
    onDone(read);
  }

  /** An open transaction, or replicas that lag: the bytes will come into sight without being written again. */
  #lagsBehind({ results }: FetchRead): boolean {
    const { bound } = this.#parked.parameters;
    return results.some(({ partition }) => partition.bound(bound) < partition.log.writtenOffset);
  }
}
