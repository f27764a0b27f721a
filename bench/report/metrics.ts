/** A line of the table. */
export interface Metric {
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  /** The bound on Odradek's value divided by Kafka's; undefined when the line only informs. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number };
}

export const metrics = {
  startMs: {
    label: "start on an empty directory until Metadata is answered (Odradek formats it, Kafka's was formatted before)",
    unit: "ms",
    digits: 0,
    target: { atMost: 0.1 },
  },
  formatAndStartMs: { label: "the same with formatting, both", unit: "ms", digits: 0 },
  idleMegabytes: { label: "resident memory, idle", unit: "MB", digits: 0, target: { atMost: 0.25 } },
  produceRecordsPerCpuSecond: {
    label: "produce, 16 KB batches, 1 partition, acks=all: per broker CPU-second",
    unit: "records",
    digits: 0,
    target: { atLeast: 2 },
  },
  produceRecordsPerSecond: { label: "– per second", unit: "records", digits: 0 },
  singleRequestsPerCpuSecond: {
    label: "produce, 1 record a request, 64 partitions, 4 connections: per broker CPU-second",
    unit: "requests",
    digits: 0,
    target: { atLeast: 1.5 },
  },
  singleRequestsPerSecond: { label: "– per second", unit: "requests", digits: 0 },
  consumeMegabytesPerCpuSecond: {
    label: "consume from the page cache, 1 MB fetches, 1 connection: per broker CPU-second",
    unit: "MB",
    digits: 0,
    target: { atLeast: 0.5 },
  },
  consumeMegabytesPerSecond: { label: "– per second", unit: "MB", digits: 0 },
  latencyP50Ms: { label: "end to end at 1,000 records/s, p50", unit: "ms", digits: 2, target: { atMost: 1 } },
  latencyP99Ms: { label: "– p99", unit: "ms", digits: 2, target: { atMost: 1 } },
  loadedMegabytes: { label: "resident memory after the load", unit: "MB", digits: 0 },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
