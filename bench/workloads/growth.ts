import { createTopic, deleteTopic } from "../harness/admin.ts";
import { type ProduceJob } from "../load/job.ts";
import { produceBatch } from "../load/frames.ts";
import { runJob } from "../harness/run-job.ts";
import { perSecond, phaseSizeBytesMax, valueSizeBytes, type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

const microsecond = 1e-6;
const recordsPerSecond = 500;
const touchMsMax = 60_000;
/** More than `index.interval.bytes` in a batch: the second one makes an index entry. */
const recordsPerTouch = 40;
const touchesPerPartition = 2;
/**
 * Kafka maps index files of this size, and the first entry of each has the system read as much around it as the disk's
 * read-ahead says (see NOTES.md); with 10 MiB, the default, that hides what a point is about.
 */
const configs = { "segment.index.bytes": String(2 ** 18) };

interface Step {
  readonly x: number;
  readonly partitions: number;
  readonly connections: number;
  readonly window: number;
}

/** How throughput and latency change as there is more of something; every point has topics of its own. */
function growth(name: "partitions" | "connections", steps: readonly Step[]): Workload {
  return {
    name: name === "partitions" ? "partition-growth" : "connection-growth",
    async run(session: Session): Promise<void> {
      for (const step of steps) {
        const topic = `${name}-${step.x}`;
        await createTopic(session.port, topic, step.partitions, configs);
        const load: Omit<ProduceJob, "warmupMs" | "measureMs" | "phaseSizeBytesMax"> = {
          kind: "produce",
          port: session.port,
          topic,
          valueSizeBytes,
          recordsPerBatch: 1,
          partitions: step.partitions,
          partitionsPerRequest: 1,
          connections: step.connections,
          window: step.window,
        };
        // The first records of a partition make files and index entries, which is not what a point is about.
        await runJob(session.broker, {
          ...load,
          recordsPerBatch: recordsPerTouch,
          warmupMs: 0,
          measureMs: touchMsMax,
          phaseSizeBytesMax:
            step.partitions * touchesPerPartition * produceBatch(recordsPerTouch, valueSizeBytes).length,
        });
        const measured = await runJob(session.broker, { ...load, phaseSizeBytesMax, ...session.phases(2_000, 3_000) });
        session.noteGenerator(topic, measured);
        session.point(`${name}.perSecond`, step.x, perSecond(measured, measured.requests));
        const cpuSeconds = measured.brokerCpuSeconds / measured.requests;
        session.point(`${name}.cpuMicroseconds`, step.x, cpuSeconds / microsecond);
        const { latencyMs } = await runJob(session.broker, {
          kind: "latency",
          port: session.port,
          topic,
          valueSizeBytes,
          recordsPerSecond,
          partitions: step.partitions,
          producers: name === "connections" ? step.connections : 1,
          ...session.phases(1_000, 4_000),
        });
        session.point(`${name}.p50`, step.x, latencyMs!.p50);
        session.point(`${name}.p99`, step.x, latencyMs!.p99);
        await deleteTopic(session.port, topic);
      }
    },
  };
}

export const partitionGrowth = growth(
  "partitions",
  [1, 10, 100, 1_000, 10_000].map((x) => ({ x, partitions: x, connections: 4, window: 16 })),
);

export const connectionGrowth = growth(
  "connections",
  [1, 10, 100, 1_000].map((x) => ({ x, partitions: 16, connections: x, window: 4 })),
);
