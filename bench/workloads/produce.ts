import { recordsFitting } from "../load/frames.ts";
import { perSecond, phaseSizeBytesMax, valueSizeBytes, type Session } from "../harness/session.ts";
import { runJob } from "../harness/run-job.ts";
import { type Workload } from "./workload.ts";

type ProduceName = "produce16k" | "produce1m" | "produce6p" | "singles" | "sixteen";

interface Shape {
  readonly partitions: number;
  readonly partitionsPerRequest: number;
  readonly connections: number;
  readonly window: number;
  readonly recordsPerBatch: number;
  readonly counts: "records" | "requests";
  readonly warmupMs: number;
  readonly measureMs: number;
}

/** Kafka's default `batch.size`. */
export const recordsPer16k = recordsFitting(16_384, valueSizeBytes);
const recordsPer64k = recordsFitting(65_536, valueSizeBytes);
/** What the default `message.max.bytes` admits. */
const recordsPer1m = recordsFitting(1_048_588, valueSizeBytes);

function produce(name: ProduceName, shape: Shape): Workload {
  return {
    name,
    isHeavyWriter: shape.recordsPerBatch > 1,
    run: (session: Session) =>
      session.withTopic(name, shape.partitions, async (topic) => {
        const { counts, warmupMs, measureMs, ...job } = shape;
        const phases = session.phases(warmupMs, measureMs);
        const measured = await runJob(session.broker, {
          kind: "produce",
          port: session.port,
          topic,
          valueSizeBytes,
          phaseSizeBytesMax,
          ...job,
          ...phases,
        });
        session.noteGenerator(name, measured);
        session.set(`${name}.perSecond`, perSecond(measured, measured[counts]));
        session.set(`${name}.perCpuSecond`, measured[counts] / measured.brokerCpuSeconds);
      }),
  };
}

export const produce16k = produce("produce16k", {
  partitions: 1,
  partitionsPerRequest: 1,
  connections: 1,
  window: 10,
  recordsPerBatch: recordsPer16k,
  counts: "records",
  warmupMs: 4_000,
  measureMs: 6_000,
});

export const produce1m = produce("produce1m", {
  partitions: 1,
  partitionsPerRequest: 1,
  connections: 1,
  window: 5,
  recordsPerBatch: recordsPer1m,
  counts: "records",
  warmupMs: 2_000,
  measureMs: 4_000,
});

export const produce6p = produce("produce6p", {
  partitions: 6,
  partitionsPerRequest: 1,
  connections: 2,
  window: 6,
  recordsPerBatch: recordsPer64k,
  counts: "records",
  warmupMs: 3_000,
  measureMs: 4_000,
});

export const singles = produce("singles", {
  partitions: 64,
  partitionsPerRequest: 1,
  connections: 4,
  window: 16,
  recordsPerBatch: 1,
  counts: "requests",
  warmupMs: 3_000,
  measureMs: 5_000,
});

export const sixteen = produce("sixteen", {
  partitions: 64,
  partitionsPerRequest: 16,
  connections: 4,
  window: 16,
  recordsPerBatch: 1,
  counts: "requests",
  warmupMs: 3_000,
  measureMs: 5_000,
});
