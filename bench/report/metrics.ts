/** What decides whether a target is met: the ratio to Kafka's value, or the value itself. */
export type Target = { readonly atMost: number } | { readonly atLeast: number } | { readonly valueAtLeast: number };

export const groups = {
  produce: "Produce, acks=all, records of 100 bytes",
  consume: "Consume, batches of 16 KB",
  latency: "End to end, from sending a record to having it from a fetch",
  footprint: "Start, restart and footprint",
  ceiling: "The ceiling: sockets in Node without a broker, 16 KB batches",
  coordinators: "Groups and transactions",
  clients: "Independent load generators",
} as const;
export type GroupName = keyof typeof groups;

/** A line of the table. */
export interface Metric {
  readonly group: GroupName;
  readonly label: string;
  readonly unit: string;
  readonly digits: number;
  readonly better: "more" | "less";
  /** Undefined when the line only informs. */
  readonly target?: Target;
}

const more = (group: GroupName, label: string, unit: string, digits: number, atLeast?: number): Metric => ({
  group,
  label,
  unit,
  digits,
  better: "more",
  ...(atLeast === undefined ? {} : { target: { atLeast } }),
});
const less = (group: GroupName, label: string, unit: string, digits: number, atMost?: number): Metric => ({
  group,
  label,
  unit,
  digits,
  better: "less",
  ...(atMost === undefined ? {} : { target: { atMost } }),
});

/** Every figure and its target, in the order of the tables. */
export const metrics = {
  "produce16k.perSecond": more("produce", "1 partition, 16 KB batches", "records/s", 0, 4),
  "produce16k.perCpuSecond": more("produce", "– per broker CPU-second", "records", 0, 5),
  "produce1m.perSecond": more("produce", "1 partition, 1 MB batches", "records/s", 0, 2),
  "produce1m.perCpuSecond": more("produce", "– per broker CPU-second", "records", 0, 2),
  "produce6p.perSecond": more("produce", "6 partitions, 64 KB batches, 2 connections", "records/s", 0, 2.5),
  "produce6p.perCpuSecond": more("produce", "– per broker CPU-second", "records", 0, 4),
  "singles.perSecond": more("produce", "1 record a request, 64 partitions, 4 connections", "requests/s", 0, 2),
  "singles.perCpuSecond": more("produce", "– per broker CPU-second", "requests", 0, 3.5),
  "sixteen.perSecond": more("produce", "16 one-record partitions a request", "requests/s", 0, 1.7),
  "sixteen.perCpuSecond": more("produce", "– per broker CPU-second", "requests", 0, 2),

  "cold.perSecond": more("consume", "Cold files, 1 MB fetches, 1 connection", "MB/s", 0, 1),
  "cold.cpuPerGigabyte": less("consume", "– broker CPU", "s/GB", 2, 1.5),
  "cached.perSecond": more("consume", "The same from the page cache", "MB/s", 0),
  "cached.cpuPerGigabyte": less("consume", "– broker CPU", "s/GB", 2),
  "tail.perSecond": more("consume", "Tail of 1,000 batches a second, 8 consumers", "MB/s", 1),
  "tail.cpuPerGigabyte": less("consume", "– broker CPU, with the writing", "s/GB read", 2, 0.7),
  "fanout.perSecond": more("consume", "100 consumers of one tail, batches of 1 KB", "records/s", 0, 2),
  "fanout.perCpuSecond": more("consume", "– per broker CPU-second", "records", 0),

  "latency100.p50": less("latency", "100 records/s, p50", "ms", 2, 0.7),
  "latency100.p99": less("latency", "– p99", "ms", 2, 0.5),
  "latency100.p999": less("latency", "– p99.9", "ms", 2, 0.5),
  "latency1000.p50": less("latency", "1,000 records/s, p50", "ms", 2, 0.7),
  "latency1000.p99": less("latency", "– p99", "ms", 2, 0.5),
  "latency1000.p999": less("latency", "– p99.9", "ms", 2, 0.5),
  "latency5000.p50": less("latency", "5,000 records/s, p50", "ms", 2, 0.7),
  "latency5000.p99": less("latency", "– p99", "ms", 2, 0.5),
  "latency5000.p999": less("latency", "– p99.9", "ms", 2, 0.5),

  "loop.p99": less("latency", "Delay of the event loop over a whole turn, p99", "ms", 1),
  "loop.max": less("latency", "– longest", "ms", 1),

  "start.emptyMs": less("footprint", "Start on an empty directory", "ms", 0, 0.08),
  "start.withFormatMs": less("footprint", "– with formatting, both", "ms", 0),
  "restart.cleanMs": less("footprint", "Restart, 5,000 partitions with 7 GB, clean stop", "ms", 0, 0.15),
  "restart.killedMs": less("footprint", "– after kill -9, ten seconds behind the last writes", "ms", 0, 0.1),
  "restart.unflushedMs": less("footprint", "– after kill -9, with nothing flushed", "ms", 0),
  "memory.idle": less("footprint", "Resident memory after the start", "MB", 0),
  "memory.loaded": less("footprint", "Resident memory after produce, consume, latency", "MB", 0, 0.2),
  "connections.kilobytesEach": less("footprint", "2,000 idle connections: memory each", "kB", 1, 1),
  "connections.resident": less("footprint", "– resident memory of the broker with them", "MB", 0),
  "partitions.kilobytesEach": less("footprint", "5,000 partitions: memory each", "kB", 1, 0.5),
  "partitions.descriptorsEach": less("footprint", "– file descriptors each", "", 2, 0.5),

  "ceiling.answers": more("ceiling", "Receives and answers", "records/s", 0),
  "ceiling.writes": more("ceiling", "Receives, writes a file and answers", "records/s", 0),
  "ceiling.share": {
    group: "ceiling",
    label: "Odradek as a share of receiving and answering",
    unit: "",
    digits: 2,
    better: "more",
    target: { valueAtLeast: 0.55 },
  },
  "ceiling.writingShare": more("ceiling", "– of writing a file as well", "", 2),

  "rebalanceClassic.ms": less(
    "coordinators",
    "200 members and 1,000 partitions, classic: time to stable",
    "ms",
    0,
    0.7,
  ),
  "rebalanceClassic.cpuMs": less("coordinators", "– broker CPU", "ms", 0),
  "rebalanceConsumer.ms": less("coordinators", "– consumer protocol (KIP-848): time to stable", "ms", 0, 0.7),
  "rebalanceConsumer.cpuMs": less("coordinators", "– – broker CPU", "ms", 0),
  "commits.perSecond": more("coordinators", "Offset commits, 64 groups, 10 partitions each", "requests/s", 0, 2),
  "commits.perCpuSecond": more("coordinators", "– per broker CPU-second", "requests", 0, 3),
  "transactions.perSecond": more(
    "coordinators",
    "Transactions, one producer, 10 partitions, at once",
    "transactions/s",
    0,
    1.5,
  ),
  "transactions.perCpuSecond": more("coordinators", "– per broker CPU-second", "transactions", 0),
  "pacedTransactions.perSecond": more("coordinators", "Transactions of 100 ms and more", "transactions/s", 1, 1.5),
  "pacedTransactions.records": more("coordinators", "– records in them", "records/s", 0),
  "wordCount.perSecond": more("coordinators", "Exactly-once word count, lines of five words", "lines/s", 0, 1),
  "wordCount.perCpuSecond": more("coordinators", "– per broker CPU-second", "lines", 0),
  "loadOffsets.ms": less("coordinators", "Load of 1,000,000 committed offsets after a restart", "ms", 0, 0.7),

  "javaProduce.perSecond": more("clients", "Kafka's kafka-producer-perf-test, acks=all", "records/s", 0),
  "javaProduce.perCpuSecond": more("clients", "– per broker CPU-second", "records", 0),
  "javaProduce.p99": less("clients", "– p99 of the acknowledgement at that rate", "ms", 1),
  "javaConsume.perSecond": more("clients", "Kafka's kafka-consumer-perf-test", "MB/s", 0),
  "javaConsume.cpuPerGigabyte": less("clients", "– broker CPU", "s/GB", 2),
  "javaLatency.average": less("clients", "Kafka's kafka-e2e-latency, one record at a time, average", "ms", 2),
  "librdkafkaProduce.perSecond": more("clients", "librdkafka (confluent-kafka for Python), produce", "records/s", 0),
  "librdkafkaProduce.perCpuSecond": more("clients", "– per broker CPU-second", "records", 0),
  "librdkafkaConsume.perSecond": more("clients", "librdkafka, consume", "records/s", 0),
  "librdkafkaConsume.perCpuSecond": more("clients", "– per broker CPU-second", "records", 0),
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof metrics;
export const metricNames = Object.keys(metrics) as MetricName[];
export const metricOf: Readonly<Record<MetricName, Metric>> = metrics;
