import { parseArgs } from "node:util";

/** What to simulate. */
export interface SimOptions {
  /** Names of workloads. */
  readonly workloads: readonly string[];
  readonly seeds: number;
  readonly first: number;
  readonly minutes: number;
  readonly keepGoing: boolean;
  /** One seed, with all that happens. */
  readonly seed: number | undefined;
  /** One seed, once for each change of the disk. */
  readonly cuts: number | undefined;
}

export class SimOptionError extends Error {}

export const usage = (workloads: readonly string[]): string => `npm run sim -- [options]

  --workload <name>  ${workloads.join(", ")}; all by default
  --seeds <count>    how many seeds to run (default 2000)
  --first <seed>     the first of them (default 0)
  --minutes <count>  ends after so many minutes, whatever the number of seeds
  --seed <seed>      runs this one, and prints all that happens to the disk
  --cuts <seed>      runs this one once for each change of the disk in its first life, which ends there
  --keep-going       goes on after a seed that fails
  --help             prints this text`;

/** @throws SimOptionError naming what is wrong, and what there is */
export function simOptions(args: readonly string[], workloads: readonly string[]): SimOptions | "help" {
  const values = given(args);
  if (values.help === true) return "help";
  const { workload } = values;
  if (workload !== undefined && !workloads.includes(workload)) {
    throw new SimOptionError(`--workload is "${workload}"; it may be ${workloads.join(", ")}`);
  }
  return {
    workloads: workload === undefined ? workloads : [workload],
    seeds: count("seeds", values.seeds) ?? 2000,
    first: count("first", values.first) ?? 0,
    minutes: count("minutes", values.minutes) ?? Number.POSITIVE_INFINITY,
    keepGoing: values["keep-going"] ?? false,
    seed: count("seed", values.seed),
    cuts: count("cuts", values.cuts),
  };
}

function given(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        workload: { type: "string" },
        seeds: { type: "string" },
        first: { type: "string" },
        minutes: { type: "string" },
        seed: { type: "string" },
        cuts: { type: "string" },
        "keep-going": { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    // An unknown option, or one without its value: Node's words say which.
    throw new SimOptionError(error instanceof Error ? error.message : String(error));
  }
}

function count(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d+(\.\d+)?$/.test(text)) throw new SimOptionError(`--${name} is "${text}"; it takes a number`);
  return Number(text);
}
