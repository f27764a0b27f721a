import { setTimeout as sleep } from "node:timers/promises";
import { createTopic } from "./admin.ts";
import { type Broker } from "./broker.ts";
import { type Options } from "./options.ts";
import { runJob, type Measured } from "./run-job.ts";
import { type MetricName } from "../report/metrics.ts";

/** What one broker showed in one round. */
export type Round = Map<MetricName, number>;

interface Pace {
  readonly warmupMs: number;
  readonly measureMs: number;
  readonly idleMs: number;
  readonly phaseSizeBytesMax: number;
}

const wholePace: Pace = { warmupMs: 6_000, measureMs: 10_000, idleMs: 5_000, phaseSizeBytesMax: 2 * 2 ** 30 };
const quickPace: Pace = { warmupMs: 1_500, measureMs: 2_500, idleMs: 1_000, phaseSizeBytesMax: 2 ** 29 };

const valueSizeBytes = 100;
/** As many records of 100 bytes as fit in Kafka's default batch.size of 16,384 bytes. */
const recordsPerBatch = 152;
const megabyte = 1_000_000;

/** Runs the scenarios on a broker that has just started on an empty directory. */
export async function measure(broker: Broker, options: Options): Promise<Round> {
  const pace = options.isQuick ? quickPace : wholePace;
  const wants = (name: Options["scenarios"][number]): boolean => options.scenarios.includes(name);
  const round: Round = new Map();
  if (wants("start")) {
    round.set("startMs", broker.startMs);
    round.set("formatAndStartMs", (broker.formatMs ?? 0) + broker.startMs);
  }
  if (wants("idle")) {
    await sleep(pace.idleMs);
    round.set("idleMegabytes", broker.residentBytes() / megabyte);
  }
  // The small loads come first: the large ones leave the disk busy for a while.
  if (wants("single")) await measureSingle(broker, pace, round);
  if (wants("latency")) await measureLatency(broker, pace, round);
  if (wants("produce") || wants("consume")) await measureProduce(broker, pace, round, wants("produce"));
  if (wants("consume")) await measureConsume(broker, pace, round);
  if (options.scenarios.some((name) => name !== "start" && name !== "idle")) {
    round.set("loadedMegabytes", broker.residentBytes() / megabyte);
  }
  return round;
}

async function measureProduce(broker: Broker, pace: Pace, round: Round, isWanted: boolean): Promise<void> {
  await createTopic(broker.port, "batches", 1);
  const measured = await runJob(broker, {
    kind: "produce",
    port: broker.port,
    topic: "batches",
    partitions: 1,
    connections: 1,
    window: 10,
    recordsPerBatch,
    valueSizeBytes,
    // Alone it only fills the topic for the consumer.
    warmupMs: isWanted ? pace.warmupMs : 0,
    measureMs: pace.measureMs,
    phaseSizeBytesMax: pace.phaseSizeBytesMax,
  });
  if (!isWanted) return;
  round.set("produceRecordsPerSecond", perSecond(measured, measured.records));
  round.set("produceRecordsPerCpuSecond", measured.records / measured.brokerCpuSeconds);
}

async function measureConsume(broker: Broker, pace: Pace, round: Round): Promise<void> {
  const measured = await runJob(broker, {
    kind: "consume",
    port: broker.port,
    topic: "batches",
    fetchSizeBytes: 2 ** 20,
    recordsPerBatch,
    valueSizeBytes,
    rangeSizeBytesMax: 2 ** 29,
    warmupMs: pace.warmupMs,
    measureMs: pace.measureMs,
  });
  round.set("consumeMegabytesPerSecond", perSecond(measured, measured.bytes) / megabyte);
  round.set("consumeMegabytesPerCpuSecond", measured.bytes / megabyte / measured.brokerCpuSeconds);
}

async function measureSingle(broker: Broker, pace: Pace, round: Round): Promise<void> {
  await createTopic(broker.port, "singles", 64);
  const measured = await runJob(broker, {
    kind: "produce",
    port: broker.port,
    topic: "singles",
    partitions: 64,
    connections: 4,
    window: 16,
    recordsPerBatch: 1,
    valueSizeBytes,
    warmupMs: pace.warmupMs,
    measureMs: pace.measureMs,
    phaseSizeBytesMax: pace.phaseSizeBytesMax,
  });
  round.set("singleRequestsPerSecond", perSecond(measured, measured.requests));
  round.set("singleRequestsPerCpuSecond", measured.requests / measured.brokerCpuSeconds);
}

async function measureLatency(broker: Broker, pace: Pace, round: Round): Promise<void> {
  await createTopic(broker.port, "latency", 1);
  const measured = await runJob(broker, {
    kind: "latency",
    port: broker.port,
    topic: "latency",
    recordsPerSecond: 1000,
    valueSizeBytes,
    warmupMs: pace.warmupMs,
    measureMs: pace.measureMs,
  });
  round.set("latencyP50Ms", measured.latencyMs!.p50);
  round.set("latencyP99Ms", measured.latencyMs!.p99);
}

function perSecond(measured: Measured, count: number): number {
  return (count / measured.elapsedMs) * 1000;
}
