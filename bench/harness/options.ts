export const scenarioNames = ["start", "idle", "produce", "single", "consume", "latency"] as const;
export type ScenarioName = (typeof scenarioNames)[number];
export const targetNames = ["odradek", "kafka"] as const;
export type TargetName = (typeof targetNames)[number];

export interface Options {
  readonly isQuick: boolean;
  readonly rounds: number;
  readonly scenarios: readonly ScenarioName[];
  readonly targets: readonly TargetName[];
  /** Where data directories are made; the system's temporary folder when left out. */
  readonly folder: string | undefined;
  /** Whether bench/RESULTS.md is written. */
  readonly writes: boolean;
}

export const help = `npm run bench -- [options]

Measures Odradek and Apache Kafka in turn and prints a table of ratios. A whole run writes it to bench/RESULTS.md.

  --rounds N       how often each broker is measured; the table has medians (default 3; 1 with --quick)
  --only A,B       only these scenarios: ${scenarioNames.join(", ")}
  --targets A,B    only these brokers: ${targetNames.join(", ")}
  --quick          short phases, to see that it works; not for judging
  --dir FOLDER     where data directories are made (default: the temporary folder)
  --write          writes bench/RESULTS.md even when the run is not a whole one
  --help           prints this text
`;

/** @throws Error when the arguments are not the options of `help` */
export function parseOptions(args: readonly string[]): Options | "help" {
  let isQuick = false;
  let writes = false;
  let rounds: number | undefined;
  let scenarios: readonly ScenarioName[] = scenarioNames;
  let targets: readonly TargetName[] = targetNames;
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
    else if (name === "--write") writes = true;
    else if (name === "--rounds") rounds = countOf(value());
    else if (name === "--only") scenarios = chosen(value(), scenarioNames);
    else if (name === "--targets") targets = chosen(value(), targetNames);
    else if (name === "--dir") folder = value();
    else throw new Error(`Unknown option ${name}`);
  }
  const isWhole = !isQuick && scenarios.length === scenarioNames.length && targets.length === targetNames.length;
  return { isQuick, rounds: rounds ?? (isQuick ? 1 : 3), scenarios, targets, folder, writes: writes || isWhole };
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new Error(`not a number of rounds: ${text}`);
  return count;
}

function chosen<Name extends string>(text: string, names: readonly Name[]): Name[] {
  const wanted = text.split(",");
  for (const name of wanted) {
    if (!(names as readonly string[]).includes(name)) throw new Error(`"${name}" is none of ${names.join(", ")}`);
  }
  return names.filter((name) => wanted.includes(name));
}
