import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type GeneratorMessage, type Job, type JobResult } from "../load/job.ts";
import { type Broker } from "./broker.ts";
import { trackProcess } from "./cleanup.ts";

/** A load that neither ends nor fails by so much after its time is given up. */
const graceMs = 60_000;

export interface Measured extends JobResult {
  /** What the broker used during the measured phase. */
  readonly brokerCpuSeconds: number;
}

/** Runs one job in a generator process and measures what it costs the broker. */
export async function runJob(broker: Broker, job: Job): Promise<Measured> {
  // A bundle lies beside this one, whatever chunk this code is in.
  const generator = fork(fileURLToPath(new URL("generator.js", `file://${process.argv[1]}`)), { detached: true });
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
        else resolve({ ...message.result, brokerCpuSeconds: broker.cpuSeconds() - cpuBefore });
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
