import { consumeLoad } from "./load/consume-load.ts";
import { type GeneratorMessage, type Job, type JobResult } from "./load/job.ts";
import { latencyLoad } from "./load/latency-load.ts";
import { produceLoad } from "./load/produce-load.ts";
import { tailLoad } from "./load/tail-load.ts";

/** The load generator's process: takes one job from the harness, runs it, tells the result, and ends. */

function tell(message: GeneratorMessage): void {
  process.send?.(message);
}

function run(job: Job): Promise<JobResult> {
  const onMeasuring = (): void => tell({ event: "measuring" });
  switch (job.kind) {
    case "produce":
      return produceLoad(job, onMeasuring);
    case "consume":
      return consumeLoad(job, onMeasuring);
    case "tail":
      return tailLoad(job, onMeasuring);
    case "latency":
      return latencyLoad(job, onMeasuring);
  }
}

process.once("message", (job: Job) => {
  run(job)
    .then((result) => tell({ event: "measured", result }))
    .catch((error: unknown) =>
      tell({ event: "failed", message: error instanceof Error ? error.message : String(error) }),
    )
    .finally(() => process.disconnect());
});
process.once("disconnect", () => process.exit(0));
