import { type TargetName } from "../report/results.ts";

const targetNames: readonly TargetName[] = ["odradek", "kafka"];

export interface Options {
  /** The project's folder. */
  readonly root: string;
  readonly isQuick: boolean;
  readonly rounds: number;
  /** Whether suites that take long have as many rounds as the others. */
  readonly isPatient: boolean;
  /** Names of workloads; undefined for all. */
  readonly only: ReadonlySet<string> | undefined;
  readonly targets: readonly TargetName[];
  /** Where data directories are made; the system's temporary folder when left out. */
  readonly folder: string | undefined;
  /** Whether the results are kept in bench/. */
  readonly writes: boolean;
  /** Measures nothing: only writes the report of the results that were kept. */
  readonly isReportOnly: boolean;
  readonly restartPartitions: number;
  readonly restartGigabytes: number;
}

/** What `--only` takes: the names of workloads, and names for several of them. */
export type Catalogue = Readonly<Record<string, readonly string[]>>;

export function help(catalogue: Catalogue): string {
  const several = Object.entries(catalogue)
    .filter(([name, workloads]) => workloads.length > 1 || workloads[0] !== name)
    .map(([name, workloads]) => `                   ${name.padEnd(8)} = ${workloads.join(", ")}\n`)
    .join("");
  return `npm run bench -- [options]

Measures Odradek and Apache Kafka in turn. A whole run writes bench/RESULTS.md, bench/results.json and bench/charts.

  --rounds N       how often each broker is measured; the tables have medians (default 5; 1 with --quick)
  --patient        as many rounds also of the suites that take long (clients, growth, restart)
  --only A,B       only these workloads or suites:
${several}  --targets A,B    only these brokers: ${targetNames.join(", ")}
  --quick          short phases, to see that it works; not for judging
  --restart-partitions N, --restart-size GB
                   what the brokers are restarted with (default 5000 and 7; 500 and 0.7 with --quick)
  --dir FOLDER     where data directories are made (default: the temporary folder)
  --write          keeps the results even when the run is not a whole one: they replace the same ones of earlier runs
  --report         measures nothing, writes RESULTS.md and the charts anew from results.json
  --help           prints this text
`;
}

/** @throws Error when the arguments are not the options of `help` */
export function parseOptions(args: readonly string[], root: string, catalogue: Catalogue): Options | "help" {
  let isQuick = false;
  let isPatient = false;
  let isReportOnly = false;
  let writes = false;
  let rounds: number | undefined;
  let restartPartitions: number | undefined;
  let restartGigabytes: number | undefined;
  let only: ReadonlySet<string> | undefined;
  let targets = targetNames;
  let folder: string | undefined;
  for (let index = 0; index < args.length; index++) {
    const [name, inline] = args[index]!.split("=", 2) as [string, string | undefined];
    const value = (): string => {
      const text = inline ?? args[++index];
      if (text === undefined) throw new Error(`${name} takes a value`);
      return text;
    };
    if (name === "--help") return "help";
    else if (name === "--quick") isQuick = true;
    else if (name === "--patient") isPatient = true;
    else if (name === "--report") isReportOnly = true;
    else if (name === "--write") writes = true;
    else if (name === "--rounds") rounds = countOf(name, value());
    else if (name === "--restart-partitions") restartPartitions = countOf(name, value());
    else if (name === "--restart-size") restartGigabytes = positive(name, value());
    else if (name === "--only") {
      only = new Set(chosen(value(), Object.keys(catalogue)).flatMap((chosenName) => catalogue[chosenName]!));
    } else if (name === "--targets") targets = chosen(value(), targetNames);
    else if (name === "--dir") folder = value();
    else throw new Error(`Unknown option ${name}`);
  }
  const isWhole = !isQuick && only === undefined && targets.length === targetNames.length;
  return {
    root,
    isQuick,
    rounds: rounds ?? (isQuick ? 1 : 5),
    isPatient,
    only,
    targets,
    folder,
    writes: writes || isWhole,
    isReportOnly,
    restartPartitions: restartPartitions ?? (isQuick ? 500 : 5_000),
    restartGigabytes: restartGigabytes ?? (isQuick ? 0.7 : 7),
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${name} takes a number above 0, not ${text}`);
  return value;
}

function countOf(name: string, text: string): number {
  const count = positive(name, text);
  if (!Number.isInteger(count)) throw new Error(`${name} takes a whole number, not ${text}`);
  return count;
}

function chosen<Name extends string>(text: string, names: readonly Name[]): Name[] {
  const wanted = text.split(",");
  for (const name of wanted) {
    if (!(names as readonly string[]).includes(name)) throw new Error(`"${name}" is none of ${names.join(", ")}`);
  }
  return names.filter((name) => wanted.includes(name));
}
