import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type GeneratorMessage, type Job, type JobResult } from "../load/job.ts";
import { type Measurable } from "./broker.ts";
import { trackProcess } from "./cleanup.ts";

/** A load that neither ends nor fails by so much after its time is given up. */
const graceMs = 60_000;

export interface Measured extends JobResult {
  /** What the broker used during the measured phase. */
  readonly brokerCpuSeconds: number;
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
      let cpuBefore = 0;
      generator.on("message", (message: GeneratorMessage) => {
        if (message.event === "measuring") {
          cpuBefore = broker.cpuSeconds();
          return;
        }
        clearTimeout(timer);
        if (message.event === "failed") reject(new Error(message.message));
        else {
          const { result } = message;
          const brokerCpuSeconds = broker.cpuSeconds() - cpuBefore;
          const generatorShare = (result.generatorCpuSeconds * 1000) / result.elapsedMs;
          resolve({ ...result, brokerCpuSeconds, generatorShare });
        }
      });
      generator.once("exit", (code) => {
        clearTimeout(timer);
        reject(new Error(`the load generator ended (${code}) without a result`));
      });
      generator.send(job);
    });
  } finally {
    generator.kill("SIGKILL");
  }
}
