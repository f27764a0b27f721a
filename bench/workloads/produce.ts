import { untilRemoved } from "../harness/broker.ts";
import { measure } from "../harness/measure.ts";
import { syncDisks } from "../harness/page-cache.ts";
import { recordsFitting } from "../load/frames.ts";
import { perSecond, phaseSizeBytesMax, valueSizeBytes, type Session } from "../harness/session.ts";
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

/** For the connections of the measured phase to be under way. */
const restartMs = 400;

function produce(name: ProduceName, shape: Shape): Workload {
  return {
    name,
    async run(session: Session): Promise<void> {
      const { counts, warmupMs, measureMs, partitions, ...rest } = shape;
      const load = { kind: "produce", partitions, phaseSizeBytesMax, ...rest } as const;
      // The warm-up goes to a topic of its own, so that none of it is on its way to or from the disk when it counts.
      const before = `${name}-before`;
      await measure(session, before, partitions, { ...load, ...session.phases(0, warmupMs) });
      await untilRemoved(session.broker.place, before);
      syncDisks();
      const measured = await measure(session, name, partitions, { ...load, ...session.phases(restartMs, measureMs) });
      session.set(`${name}.perSecond`, perSecond(measured, measured[counts]));
      session.set(`${name}.perCpuSecond`, measured[counts] / measured.brokerCpuSeconds);
    },
  };
}

export const produce16k = produce("produce16k", {
  partitions: 1,
  partitionsPerRequest: 1,
  connections: 1,
  window: 10,
  recordsPerBatch: recordsPer16k,
  counts: "records",
  warmupMs: 15_000,
  measureMs: 6_000,
});

export const produce1m = produce("produce1m", {
  partitions: 1,
  partitionsPerRequest: 1,
  connections: 1,
  window: 5,
  recordsPerBatch: recordsPer1m,
  counts: "records",
  warmupMs: 15_000,
  measureMs: 4_000,
});

export const produce6p = produce("produce6p", {
  partitions: 6,
  partitionsPerRequest: 1,
  connections: 2,
  window: 6,
  recordsPerBatch: recordsPer64k,
  counts: "records",
  warmupMs: 15_000,
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
  measureMs: 4_000,
});

export const sixteen = produce("sixteen", {
  partitions: 64,
  partitionsPerRequest: 16,
  connections: 4,
  window: 16,
  recordsPerBatch: 1,
  counts: "requests",
  warmupMs: 3_000,
  measureMs: 4_000,
});
