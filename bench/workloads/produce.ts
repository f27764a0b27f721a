import { readdirSync } from "node:fs";
import { join } from "node:path";
import { partitionFolders } from "../harness/broker.ts";
import { HeldFiles } from "../harness/held-files.ts";
import { syncDisks } from "../harness/page-cache.ts";
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

/** Enough for what is measured and for what goes before. */
const stockSizeBytes = 1.3 * phaseSizeBytesMax;
/** For the connections of the measured phase to be under way. */
const restartMs = 400;

function produce(name: ProduceName, shape: Shape): Workload {
  return {
    name,
    async run(session: Session): Promise<void> {
      const { counts, warmupMs, measureMs, ...rest } = shape;
      const job = { kind: "produce", port: session.port, valueSizeBytes, phaseSizeBytesMax, ...rest } as const;
      const measure = async (phases: { warmupMs: number; measureMs: number }, stockFiles: string[]): Promise<void> =>
        session.withTopic(name, shape.partitions, async (topic) => {
          const measured = await runJob(session.broker, { ...job, topic, stockFiles, ...phases });
          session.noteGenerator(name, measured);
          session.set(`${name}.perSecond`, perSecond(measured, measured[counts]));
          session.set(`${name}.perCpuSecond`, measured[counts] / measured.brokerCpuSeconds);
        });
      if (shape.recordsPerBatch === 1) return measure(session.phases(warmupMs, measureMs), []);
      const held = new HeldFiles(session.broker.place.folder);
      try {
        // The warm-up goes to a topic of its own, the pages of which are there again when it counts.
        await session.withTopic(`${name}-before`, shape.partitions, async (topic) => {
          const phases = session.phases(0, warmupMs);
          await runJob(session.broker, { ...job, topic, ...phases, phaseSizeBytesMax: stockSizeBytes });
          for (const folder of partitionFolders(session.broker.place, topic)) held.hold(logFilesIn(folder));
        });
        syncDisks();
        await measure(session.phases(restartMs, measureMs), held.paths);
      } finally {
        held.release();
      }
    },
  };
}

function logFilesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".log"))
    .map((name) => join(folder, name));
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
