import { type Compute } from "../../../io/ports.ts";
import { type Cluster } from "../cluster.ts";
import { type Membership, type PartitionOffset } from "../group/membership.ts";
import { type TopicPartition } from "../topic-partition.ts";
import { type ConsumerSettings } from "./consumer-settings.ts";
import { type ConsumedRecord } from "./fetched-records.ts";
import { Fetcher } from "./fetcher.ts";
import { PollWatch } from "./poll-watch.ts";
import { lookUpPositions } from "./position-lookup.ts";
import { RecordQueue } from "./record-queue.ts";
import { type OffsetReset, track, type TrackedPartition } from "./tracked-partition.ts";

/** Partitions of our own choice. */
export interface ChosenPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
  readonly start: number | OffsetReset;
}

/** How long the last commit may be tried again. */
const closeRetryMs = 30_000;

/** Fetching pauses while more records than these wait to be handed out. */
const waitingRecordsMax = 20_000;

/** Reads records in the background; they are taken out with `next`, and `fill` waits for more. */
export class Consumer {
  /** Called with the partitions that a rebalance gave this member of a group, beyond those that it kept. */
  onAssigned: (partitions: readonly TopicPartition[]) => void = () => {};
  /** Called with the partitions that are taken away, or given back. */
  onRevoked: (partitions: readonly TopicPartition[]) => void = () => {};
  readonly #cluster: Cluster;
  readonly #settings: ConsumerSettings;
  readonly #membership: Membership | undefined;
  readonly #fetcher: Fetcher;
  readonly #queue = new RecordQueue(() => this.#changed());
  #partitions: TrackedPartition[] = [];
  /** Commits of the caller's that are under way: what they commit must stay ours until they are through. */
  readonly #commits = new Set<Promise<void>>();
  #isRunning = false;
  #failure: Error | undefined;
  #isClosed = false;
  /** Of a member of a group. */
  readonly #polls: PollWatch | undefined;
  /** We have left the group because nobody took records, and join it again when somebody does. */
  #isStalled = false;
  #isRebalancing = false;
  #waiters: (() => void)[] = [];
  #commitTimer: { cancel(): void } | undefined;
  /** The last automatic commit: one must be through before the next, or it might take that one's place. */
  #positionsCommit: Promise<void> = Promise.resolve();

  /** @param source a membership in a group that shares out partitions, or partitions that are read by themselves */
  constructor(
    cluster: Cluster,
    loadCompute: () => Promise<Compute>,
    settings: ConsumerSettings,
    source: Membership | ChosenPartitions,
  ) {
    this.#cluster = cluster;
    this.#settings = settings;
    this.#fetcher = new Fetcher(cluster, loadCompute, settings, {
      isOpen: () => !this.#isClosed && this.#queue.count <= waitingRecordsMax,
      partitions: () => this.#partitions.filter(({ isReleased }) => !isReleased),
      take: (chunk) => this.#queue.push(chunk),
      onFetched: (failure) => {
        this.#failure ??= failure;
        this.#changed();
      },
    });
    if ("rebalance" in source) {
      this.#polls = new PollWatch(cluster.ports, settings.polls, () => this.#stall());
      this.#membership = source;
      source.onChange = () => this.#changed();
      return;
    }
    const { topic, partitions, start } = source;
    const [offset, reset] = typeof start === "number" ? [start, settings.offsetReset] : [undefined, start];
    this.#partitions = partitions.map((partition) => track({ topic, partition }, offset, reset, false));
  }

  /** The next record that is here already; undefined when there is none. */
  next(): ConsumedRecord | undefined {
    const record = this.#queue.next();
    if (record !== undefined) this.#polls?.took();
    return record;
  }

  /**
   * Waits until `next` has something, or for `timeoutMs`.
   * @throws what ended the consumption
   */
  async fill(timeoutMs: number): Promise<void> {
    if (!this.#isRunning) void this.#run();
    this.#isRunning = true;
    const deadline = this.#cluster.ports.clock.monotonicMs() + timeoutMs;
    this.#polls?.enter();
    this.#resume();
    try {
      for (;;) {
        if (this.#failure !== undefined) throw this.#failure;
        const leftMs = deadline - this.#cluster.ports.clock.monotonicMs();
        if (this.#queue.count > 0 || leftMs <= 0 || this.#isClosed) return;
        await this.#change(leftMs);
      }
    } finally {
      this.#polls?.leave();
    }
  }

  /** Commits where the group goes on. @throws ClientError when the coordinator refused */
  async commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (this.#membership === undefined) return;
    const commit = this.#membership.commit(offsets);
    this.#commits.add(commit);
    await commit.finally(() => this.#commits.delete(commit));
  }

  /** Waits until it is known of every partition where its reading begins. @throws what ended the consumption */
  async positioned(): Promise<void> {
    await this.fill(0);
    while (
      this.#membership?.isRebalanceDue === true ||
      this.#partitions.some(({ fetchOffset }) => fetchOffset === undefined)
    ) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#change(1);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes a `fill` that waits return. */
  wakeUp(): void {
    this.#isClosed = true;
    this.#changed();
  }

  /** Commits what was handed out, if that is wanted, and leaves the group. */
  async close(): Promise<void> {
    this.wakeUp();
    this.#commitTimer?.cancel();
    this.#polls?.stop();
    if (this.#membership === undefined) return;
    if (this.#failure === undefined) await this.#commitPositions(closeRetryMs);
    if (this.#partitions.length > 0) this.#drop(this.#partitions);
    await this.#membership.leave();
  }

  async #run(): Promise<void> {
    try {
      this.#commitLater();
      const membership = this.#membership;
      const isGone = () => this.#isClosed;
      const isStale = () => this.#isClosed || membership?.isRebalanceDue === true;
      while (!this.#isClosed) {
        if (this.#isStalled) {
          await this.#change(this.#settings.fetchWaitMs);
          continue;
        }
        this.#isRebalancing = true;
        if (membership?.isRebalanceDue === true) await membership.rebalance(this.#owner, isGone);
        this.#isRebalancing = false;
        await lookUpPositions(this.#cluster, this.#partitions, this.#settings.readCommitted, membership, isStale);
        this.#fetcher.fetchAll();
        if (!isStale()) await this.#change(this.#settings.fetchWaitMs);
      }
    } catch (error) {
      this.#failure = error as Error;
      this.#changed();
    }
  }

  /** Leaves the group: what we own must go to members that work on it. False while we are no member that could. */
  #stall(): boolean {
    if (this.#isClosed || this.#failure !== undefined) return true;
    if (this.#isRebalancing) return false;
    this.#isStalled = true;
    for (const partition of this.#partitions) {
      partition.isReleased = true;
      // Nor is anything of it to be committed: who gets it goes on from the last commit.
      partition.position = undefined;
    }
    this.#queue.drop(new Set(this.#partitions));
    void this.#membership?.withdraw();
    return true;
  }

  #resume(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#changed();
  }

  readonly #owner = {
    owned: () => this.#partitions,
    release: async (partitions: readonly TopicPartition[]) => {
      const released = this.#tracked(partitions);
      // Nothing more of them is handed out: whoever gets them would read it again.
      for (const partition of released) partition.isReleased = true;
      this.#queue.drop(released);
      await Promise.allSettled(this.#commits);
      await this.#commitPositions();
      if (released.size > 0) this.#drop([...released]);
    },
    lose: (partitions: readonly TopicPartition[]) => this.#drop([...this.#tracked(partitions)]),
    assign: (partitions: readonly TopicPartition[]) => {
      const added = partitions.map((partition) => track(partition, undefined, this.#settings.offsetReset, true));
      this.#partitions = [...this.#partitions, ...added];
      this.onAssigned(partitions);
    },
  };

  #tracked(partitions: readonly TopicPartition[]): Set<TrackedPartition> {
    return new Set(
      this.#partitions.filter(({ topic, partition }) =>
        partitions.some((other) => other.topic === topic && other.partition === partition),
      ),
    );
  }

  /** Forgets partitions, and their records that were not handed out. */
  #drop(partitions: readonly TrackedPartition[]): void {
    const dropped = new Set(partitions);
    this.#partitions = this.#partitions.filter((partition) => !dropped.has(partition));
    this.#queue.drop(dropped);
    const revoked = partitions.map(({ topic, partition }) => ({ topic, partition }));
    this.onRevoked(
      revoked.sort((a, b) => (a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition)),
    );
  }

  #commitLater(): void {
    const { autoCommitIntervalMs } = this.#settings;
    if (this.#membership === undefined || autoCommitIntervalMs === undefined) return;
    this.#commitTimer = this.#cluster.ports.timers.after(autoCommitIntervalMs, async () => {
      // What fails now is committed with the next.
      await this.#commitPositions(0);
      if (!this.#isClosed) this.#commitLater();
    });
  }

  #commitPositions(retryMsMax?: number): Promise<void> {
    this.#positionsCommit = this.#positionsCommit.then(() => this.#commitPositionsNow(retryMsMax));
    return this.#positionsCommit;
  }

  async #commitPositionsNow(retryMsMax?: number): Promise<void> {
    if (this.#membership === undefined || this.#settings.autoCommitIntervalMs === undefined) return;
    const offsets: PartitionOffset[] = this.#partitions.flatMap(({ topic, partition, position }) =>
      position === undefined ? [] : [{ topic, partition, ...position }],
    );
    try {
      await this.#membership.commit(offsets, retryMsMax);
    } catch (error) {
      this.#cluster.warn(
        "org.apache.kafka.clients.consumer.internals.ConsumerCoordinator",
        `Offset commit failed: ${(error as Error).message}`,
      );
    }
  }

  /** Resolves when something has happened, or after `timeoutMs`. */
  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#cluster.ports.timers.after(timeoutMs, resolve);
      this.#waiters.push(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  #changed(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
