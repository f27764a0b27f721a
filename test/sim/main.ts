import { parseArgs } from "node:util";
import { createLogger } from "../../src/io/node/node-logger.ts";
import { simulateGroup } from "./group-simulation.ts";
import { simulateLogs } from "./log-simulation.ts";
import { simulateTransactions } from "./transaction-simulation.ts";

const usage = `npm run sim -- [options]

  --workload <name>  logs, groups, transactions; all by default
  --seeds <count>    how many seeds to run (default 2000)
  --first <seed>     the first of them (default 0)
  --minutes <count>  ends after so many minutes, whatever the number of seeds
  --seed <seed>      runs this one, and prints all that happens to the disk
  --cuts <seed>      runs this one once for each change of the disk in its first life, which ends there
  --keep-going       goes on after a seed that fails`;

const { values } = parseArgs({
  options: {
    workload: { type: "string" },
    seeds: { type: "string", default: "2000" },
    first: { type: "string", default: "0" },
    minutes: { type: "string", default: "Infinity" },
    seed: { type: "string" },
    cuts: { type: "string" },
    "keep-going": { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const all = { logs: simulateLogs, groups: simulateGroup, transactions: simulateTransactions };
const workloads = Object.entries(all).filter(([name]) => values.workload === undefined || name === values.workload);

if (values.help || workloads.length === 0) console.log(usage);
else if (values.cuts !== undefined) await runCuts(Number(values.cuts));
else if (values.seed === undefined) await runMany();
else await runOne(Number(values.seed));

async function runOne(seed: number): Promise<void> {
  for (const [name, simulate] of workloads) {
    const { traceHash } = await simulate(seed, {
      onTrace: console.log,
      logger: createLogger({ levels: "debug", format: "text" }),
    });
    console.log(`${name}, seed ${seed}: ${traceHash}`);
  }
}

async function runCuts(seed: number): Promise<void> {
  const { operations } = await simulateLogs(seed);
  const failed: number[] = [];
  for (let cutAt = 1; cutAt <= operations; cutAt++) {
    try {
      await simulateLogs(seed, { cutAt });
    } catch (error) {
      failed.push(cutAt);
      console.error(`seed ${seed} cut at ${cutAt}: ${error instanceof Error ? error.stack : String(error)}`);
      if (!values["keep-going"]) break;
    }
  }
  console.log(`seed ${seed}: ${operations} cuts, ${failed.length} failed ${failed.join(" ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

async function runMany(): Promise<void> {
  const first = Number(values.first);
  const endMs = Date.now() + Number(values.minutes) * 60_000;
  const failed: number[] = [];
  let count = 0;
  let operations = 0;
  for (; count < Number(values.seeds) && Date.now() < endMs; count++) {
    const seed = first + count;
    operations += await runSeed(seed, failed);
    if (failed.length > 0 && !values["keep-going"]) break;
  }
  console.log(`${count} seeds, ${operations} changes of the disk, ${failed.length} failed ${failed.join(" ")}`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}

/** All workloads of a seed; returns how many changes of the disk they made. */
async function runSeed(seed: number, failed: number[]): Promise<number> {
  let operations = 0;
  for (const [name, simulate] of workloads) {
    try {
      operations += (await simulate(seed)).operations;
    } catch (error) {
      failed.push(seed);
      console.error(`${name}, seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
      console.error(`replay: npm run sim -- --workload ${name} --seed ${seed}`);
    }
  }
  return operations;
}
