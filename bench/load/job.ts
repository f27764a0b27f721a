/** What the harness asks of a load generator, which runs in a process of its own so that its CPU is not the broker's. */
export type Job = ProduceJob | ConsumeJob | TailJob | LatencyJob | CommitJob | TransactionJob | RebalanceJob;

interface JobBase {
  readonly port: number;
  readonly topic: string;
  /** Load without measuring, until caches are filled and the just-in-time compilers are done. */
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly valueSizeBytes: number;
}

/** As many requests as the broker takes. */
export interface ProduceJob extends JobBase {
  readonly kind: "produce";
  readonly partitions: number;
  /** How many of them one request writes to. */
  readonly partitionsPerRequest: number;
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly window: number;
  readonly recordsPerBatch: number;
  /** Warm-up and measurement each end earlier when this much has been acknowledged: a fast broker must not fill the disk. */
  readonly phaseSizeBytesMax: number;
}

/** One consumer that reads what is there. */
export interface ConsumeJob extends JobBase {
  readonly kind: "consume";
  readonly fetchSizeBytes: number;
  /** The batches that a produce job has written. */
  readonly recordsPerBatch: number;
  /** Warm-up reads the bytes from 0 up to this over and over. */
  readonly warmupSizeBytes: number;
  /** The measured phase reads from there up to here: once and then ends, or over and over until its time is up. */
  readonly rangeSizeBytes: number;
  readonly isOnce: boolean;
}

/** One producer, and consumers that have all caught up with it. */
export interface TailJob extends JobBase {
  readonly kind: "tail";
  readonly consumers: number;
  readonly recordsPerBatch: number;
  /** A steady load of so many batches; without it the next batch leaves as soon as every consumer is near enough. */
  readonly batchesPerSecond?: number;
  /** How many batches the slowest consumer may be behind. */
  readonly window: number;
}

/** Single records at a steady rate, timed from sending to having them from a fetch. */
export interface LatencyJob extends JobBase {
  readonly kind: "latency";
  readonly recordsPerSecond: number;
  /** Records take turns over partitions and producers; the one consumer reads all partitions. */
  readonly partitions: number;
  readonly producers: number;
}

/** As many commits of groups without members as the broker takes; counts requests, and offsets as records. */
export interface CommitJob extends JobBase {
  readonly kind: "commit";
  readonly groups: number;
  /** Offsets in each request. */
  readonly partitions: number;
  readonly connections: number;
  readonly window: number;
}

/** One transactional producer; counts transactions as requests. */
export interface TransactionJob extends JobBase {
  readonly kind: "transaction";
  readonly partitions: number;
  readonly recordsPerBatch: number;
  /** How long a transaction stays open at least. */
  readonly intervalMs: number;
}

/** Members that all join one group at once; it lasts until they have their partitions. */
export interface RebalanceJob extends JobBase {
  readonly kind: "rebalance";
  readonly groupId: string;
  readonly protocol: "classic" | "consumer";
  readonly members: number;
  readonly partitions: number;
}

export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface JobResult {
  /** Length of the measured phase. */
  readonly elapsedMs: number;
  readonly requests: number;
  readonly records: number;
  readonly bytes: number;
  /** What the broker and the generator used during the measured phase. */
  readonly brokerCpuSeconds: number;
  readonly generatorCpuSeconds: number;
  /** Only of latency jobs. */
  readonly latencyMs?: Quantiles;
}

/** What the harness sends to a generator. */
export interface Order {
  readonly job: Job;
  /** The processes whose CPU time is the broker's. */
  readonly brokerPids: readonly number[];
}

/** What a generator tells the harness. */
export type GeneratorMessage =
  | { readonly event: "measured"; readonly result: JobResult }
  | { readonly event: "failed"; readonly message: string };
