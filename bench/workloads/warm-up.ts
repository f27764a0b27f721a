import { runJob } from "../harness/run-job.ts";
import { phaseSizeBytesMax, valueSizeBytes, type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

/** Load that is not measured, for suites whose first figure would otherwise be that of a just-in-time compiler. */
export const warmUp: Workload = {
  name: "warm-up",
  run: (session: Session) =>
    session.withTopic("warm-up", 16, async (topic) => {
      await runJob(session.broker, {
        kind: "latency",
        port: session.port,
        topic,
        valueSizeBytes,
        recordsPerSecond: 3_000,
        partitions: 16,
        producers: 4,
        ...session.phases(2_000, 2_000),
      });
      await runJob(session.broker, {
        kind: "produce",
        port: session.port,
        topic,
        valueSizeBytes,
        recordsPerBatch: 1,
        phaseSizeBytesMax,
        partitions: 16,
        partitionsPerRequest: 1,
        connections: 4,
        window: 16,
        ...session.phases(2_000, 2_000),
      });
    }),
};
