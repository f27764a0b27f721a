/** What the harness asks of a load generator, which runs in a process of its own so that its CPU is not the broker's. */
export type Job = ProduceJob | ConsumeJob | LatencyJob;

interface JobBase {
  readonly port: number;
  readonly topic: string;
  /** Load without measuring, until caches are filled and the just-in-time compilers are done. */
  readonly warmupMs: number;
  readonly measureMs: number;
}

export interface ProduceJob extends JobBase {
  readonly kind: "produce";
  readonly partitions: number;
  readonly connections: number;
  /** Requests in flight on each connection. */
  readonly window: number;
  readonly recordsPerBatch: number;
  readonly valueSizeBytes: number;
  /** Warm-up and measurement each end earlier when this much has been acknowledged: a fast broker must not fill the disk. */
  readonly phaseSizeBytesMax: number;
}

export interface ConsumeJob extends JobBase {
  readonly kind: "consume";
  readonly fetchSizeBytes: number;
  /** The batches that a produce job has written. */
  readonly recordsPerBatch: number;
  readonly valueSizeBytes: number;
  /** Reads the first so many bytes over and over: what surely is in the page cache. */
  readonly rangeSizeBytesMax: number;
}

export interface LatencyJob extends JobBase {
  readonly kind: "latency";
  readonly recordsPerSecond: number;
  readonly valueSizeBytes: number;
}

export interface JobResult {
  /** Length of the measured phase. */
  readonly elapsedMs: number;
  readonly requests: number;
  readonly records: number;
  readonly bytes: number;
  /** From sending a record to having it from a fetch; only of latency jobs. */
  readonly latencyMs?: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** What a generator tells the harness. "measuring" and "measured" bracket the measured phase. */
export type GeneratorMessage =
  | { readonly event: "measuring" }
  | { readonly event: "measured"; readonly result: JobResult }
  | { readonly event: "failed"; readonly message: string };
