import { measure } from "../harness/measure.ts";
import { type Session } from "../harness/session.ts";
import { type Workload } from "./workload.ts";

/** The p99.9 of fewer values than this would be their maximum. */
const recordsMin = 1_000;

function latency(recordsPerSecond: 100 | 1000 | 5000, warmupMs: number, measureMs: number): Workload {
  const name = `latency${recordsPerSecond}` as const;
  return {
    name,
    async run(session: Session): Promise<void> {
      const { latencyMs } = await measure(session, name, 1, {
        kind: "latency",
        recordsPerSecond,
        partitions: 1,
        producers: 1,
        ...session.phases(warmupMs, Math.max(measureMs, (recordsMin / recordsPerSecond) * 1000)),
      });
      for (const part of ["p50", "p99", "p999"] as const) session.set(`${name}.${part}`, latencyMs![part]);
    },
  };
}

/** From the highest rate down, so that a just-in-time compiler is warm for the low ones. */
export const latencies = [latency(5000, 4_000, 4_000), latency(1000, 2_000, 5_000), latency(100, 2_000, 10_000)];
