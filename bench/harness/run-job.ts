import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type GeneratorMessage, type Job, type JobResult, type Order } from "../load/job.ts";
import { type Measurable } from "./broker.ts";
import { trackProcess } from "./cleanup.ts";

/** A load that neither ends nor fails by so much after its time is given up. */
const graceMs = 60_000;

export interface Measured extends JobResult {
  /** How busy the generator was, as a share of one core: near 1 it was what limited the load. */
  readonly generatorShare: number;
}

/** Another program of the benchmark. It lies beside the one that was started, whatever chunk this code is in. */
export function bundleOf(name: string): string {
  return fileURLToPath(new URL(`${name}.js`, `file://${process.argv[1]}`));
}

/** Runs one job in a generator process and measures what it costs the broker. */
export async function runJob(broker: Measurable, job: Job): Promise<Measured> {
  const generator = fork(bundleOf("generator"), { detached: true });
  trackProcess(generator);
  try {
    return await new Promise<Measured>((resolve, reject) => {
      const limitMs = job.warmupMs + job.measureMs + graceMs;
      const timer = setTimeout(() => reject(new Error(`the load did not end within ${limitMs} ms`)), limitMs);
      generator.on("message", (message: GeneratorMessage) => {
        clearTimeout(timer);
        if (message.event === "failed") return reject(new Error(message.message));
        const { result } = message;
        resolve({ ...result, generatorShare: (result.generatorCpuSeconds * 1000) / result.elapsedMs });
      });
      generator.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`the load generator ended (${code}) without a result`));
      });
      const order: Order = { job, brokerPids: broker.pids() };
      generator.send(order);
    });
  } finally {
    generator.kill("SIGKILL");
  }
}
