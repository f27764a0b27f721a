import { cpuSecondsOf } from "./harness/process-usage.ts";
import { commitLoad } from "./load/commit-load.ts";
import { consumeLoad } from "./load/consume-load.ts";
import { type GeneratorMessage, type Job, type JobResult, type Order } from "./load/job.ts";
import { latencyLoad } from "./load/latency-load.ts";
import { produceLoad } from "./load/produce-load.ts";
import { rebalanceLoad } from "./load/rebalance-load.ts";
import { tailLoad } from "./load/tail-load.ts";
import { transactionLoad } from "./load/transaction-load.ts";

/** The load generator's process: takes one job from the harness, runs it, tells the result, and ends. */

function tell(message: GeneratorMessage): void {
  process.send?.(message);
}

function run(job: Job, brokerCpuSeconds: () => number): Promise<JobResult> {
  switch (job.kind) {
    case "produce":
      return produceLoad(job, brokerCpuSeconds);
    case "consume":
      return consumeLoad(job, brokerCpuSeconds);
    case "tail":
      return tailLoad(job, brokerCpuSeconds);
    case "latency":
      return latencyLoad(job, brokerCpuSeconds);
    case "commit":
      return commitLoad(job, brokerCpuSeconds);
    case "transaction":
      return transactionLoad(job, brokerCpuSeconds);
    case "rebalance":
      return rebalanceLoad(job, brokerCpuSeconds);
  }
}

process.once("message", ({ job, brokerPids }: Order) => {
  run(job, () => cpuSecondsOf(brokerPids))
    .then((result) => tell({ event: "measured", result }))
    .catch((error: unknown) =>
      tell({ event: "failed", message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => process.disconnect());
});
process.once("disconnect", () => process.exit(0));
