import { createLogger } from "../../src/io/node/node-logger.ts";
import { FaultCounts } from "./fault-counts.ts";
import { simulateGroup } from "./group-simulation.ts";
import { type Simulated, simulateLogs } from "./log-simulation.ts";
import { SimOptionError, type SimOptions, simOptions, usage } from "./options.ts";
import { simulateTopics } from "./topic-simulation.ts";
import { simulateTransactions } from "./transaction-simulation.ts";

const all = { logs: simulateLogs, groups: simulateGroup, topics: simulateTopics, transactions: simulateTransactions };
const names = Object.keys(all);

try {
  const options = simOptions(process.argv.slice(2), names);
  if (options === "help") console.log(usage(names));
  else if (options.cuts !== undefined) await runCuts(options.cuts, options);
  else if (options.seed === undefined) await runMany(options);
  else await runOne(options.seed, options);
} catch (error) {
  if (!(error instanceof SimOptionError)) throw error;
  console.error(`sim: ${error.message}\n\n${usage(names)}`);
  process.exitCode = 1;
}

function workloadsOf({ workloads }: SimOptions) {
  return Object.entries(all).filter(([name]) => workloads.includes(name));
}

async function runOne(seed: number, options: SimOptions): Promise<void> {
  for (const [name, simulate] of workloadsOf(options)) {
    const { traceHash } = await simulate(seed, {
      onTrace: console.log,
      logger: createLogger({ levels: "debug", format: "text" }),
    });
    console.log(`${name}, seed ${seed}: ${traceHash}`);
  }
}

async function runCuts(seed: number, { keepGoing }: SimOptions): Promise<void> {
  const { operations } = await simulateLogs(seed);
  const failed: number[] = [];
  for (let cutAt = 1; cutAt <= operations; cutAt++) {
    try {
      await simulateLogs(seed, { cutAt });
    } catch (error) {
      failed.push(cutAt);
      console.error(`seed ${seed} cut at ${cutAt}: ${error instanceof Error ? error.stack : String(error)}`);
      if (!keepGoing) break;
    }
  }
  console.log(`seed ${seed}: ${operations} cuts, ${failed.length} failed ${failed.join(" ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function runMany(options: SimOptions): Promise<void> {
  const { first, seeds, minutes, keepGoing } = options;
  const endMs = Date.now() + minutes * 60_000;
  const failed: number[] = [];
  const counts = new Map<string, FaultCounts>();
  let count = 0;
  let operations = 0;
  for (; count < seeds && Date.now() < endMs; count++) {
    const seed = first + count;
    operations += await runSeed(seed, failed, counts, options);
    if (failed.length > 0 && !keepGoing) break;
  }
  for (const [name, faults] of counts) {
    const lines = Object.entries(faults.all()).map(([what, times]) => `\n  ${String(times).padStart(8)}  ${what}`);
    console.log(`${name}:${lines.join("")}`);
  }
  console.log(`${count} seeds, ${operations} changes of the disk, ${failed.length} failed ${failed.join(" ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** All workloads of a seed; returns how many changes of the disk they made. */
async function runSeed(
  seed: number,
  failed: number[],
  counts: Map<string, FaultCounts>,
  options: SimOptions,
): Promise<number> {
  let operations = 0;
  for (const [name, simulate] of workloadsOf(options)) {
    try {
      const simulated: Pick<Simulated, "operations"> & Partial<Simulated> = await simulate(seed);
      operations += simulated.operations;
      if (simulated.counts === undefined) continue;
      const total = counts.get(name) ?? new FaultCounts();
      total.addAll(simulated.counts);
      counts.set(name, total);
    } catch (error) {
      failed.push(seed);
      console.error(`${name}, seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
      console.error(`replay: npm run sim -- --workload ${name} --seed ${seed}`);
    }
  }
  return operations;
}
