import { dirname, join } from "node:path";
import { cleanUpAtExit } from "./harness/cleanup.ts";
import { help, parseOptions, type Options } from "./harness/options.ts";
import { type Session } from "./harness/session.ts";
import { MemoryBallast } from "./harness/memory-ballast.ts";
import { kafkaTarget, odradekTarget, type Target } from "./harness/target.ts";
import { commitOf, machineFacts } from "./report/machine.ts";
import { writeReport } from "./report/report.ts";
import { loadResults, merged, saveResults, type Results, type Turn } from "./report/results.ts";
import { summary } from "./report/table.ts";
import { catalogue, messageOf, suites, type Suite } from "./workloads/suites.ts";

/** The benchmark: Odradek and Apache Kafka in turn, round after round, each on a fresh directory (see `help`). */

const root = join(dirname(process.argv[1]!), "../..");
const folder = join(root, "bench");
/** What is touched once before a turn without a ballast, lest whoever runs first be measured with the host (see there). */
const warmedBytesMax = 3e9;
const resultsFile = join(folder, "results.json");

async function run(options: Options): Promise<void> {
  const targets = options.targets.map((name) => (name === "odradek" ? odradekTarget(root) : kafkaTarget(root)));
  const old = options.writes ? loadResults(resultsFile) : undefined;
  const machine = machineFacts(options.folder);
  const turns: Turn[] = [];
  const current = (): Results => merged(old, { machine, notes: notesOf(options), turns });
  for (const suite of suites) {
    if (!suite.workloads.some((name) => options.only?.has(name) ?? true)) continue;
    await runSuite(suite, targets, options, (turn) => {
      turns.push(turn);
      // What was measured is kept, even when the rest of the run is given up.
      if (options.writes) saveResults(resultsFile, current());
    });
  }
  process.stdout.write(summary(current()));
  if (options.writes) writeReport(folder, current());
}

async function runSuite(
  suite: Suite,
  targets: readonly Target[],
  options: Options,
  onTurn: (turn: Turn) => void,
): Promise<void> {
  const rounds = options.isPatient ? options.rounds : Math.min(options.rounds, suite.roundsMax);
  try {
    await suite.prepare?.(targets[0]!, options);
    for (let round = 1; round <= rounds; round++) {
      for (const target of targets) {
        process.stderr.write(`${clock()} ${suite.name}, round ${round} of ${rounds}: ${target.label}\n`);
        const isHeld = suite.hasBallast === true && !options.isQuick;
        const ballast = await MemoryBallast.lay(isHeld ? undefined : warmedBytesMax);
        if (!isHeld) ballast.release();
        onTurn(await turnOf(suite, target, round, options));
        if (isHeld) ballast.release();
      }
    }
  } catch (error) {
    process.stderr.write(`  FAILED: ${suite.name}: ${messageOf(error)}\n`);
    onTurn(turnWith(suite, targets[0]!, 0, undefined, [messageOf(error)]));
  } finally {
    suite.cleanUp?.();
  }
}

/** A turn that fails costs its figures, not the run. */
async function turnOf(suite: Suite, target: Target, round: number, options: Options): Promise<Turn> {
  const failures: string[] = [];
  const onFailure = (text: string): void => {
    failures.push(text);
    process.stderr.write(`    FAILED: ${text}\n`);
  };
  const session = await suite.turn(target, options, onFailure).catch((error: unknown) => {
    onFailure(messageOf(error));
    return undefined;
  });
  return turnWith(suite, target, round, session, failures);
}

function turnWith(suite: Suite, target: Target, round: number, session: Session | undefined, failures: string[]): Turn {
  return {
    suite: suite.name,
    round,
    target: target.name,
    date: new Date().toISOString(),
    commit: commitOf(root),
    values: session?.values ?? {},
    points: session?.points ?? [],
    generatorShares: session?.generatorShares ?? {},
    failures,
  };
}

function notesOf(options: Options): string[] {
  const notes: string[] = [];
  if (options.isQuick) notes.push("a quick run with short phases, which says little");
  if (options.restartPartitions !== 5_000 || options.restartGigabytes !== 7)
    notes.push(`restarts with ${options.restartPartitions} partitions and ${options.restartGigabytes} GB`);
  return notes;
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

cleanUpAtExit();
try {
  const options = parseOptions(process.argv.slice(2), root, catalogue);
  if (options === "help") process.stdout.write(help(catalogue));
  else if (options.isReportOnly) {
    const results = loadResults(resultsFile);
    if (results === undefined) throw new Error(`there is no ${resultsFile}`);
    writeReport(folder, results);
  } else await run(options);
} catch (error) {
  process.stderr.write(`bench: ${messageOf(error)}\n`);
  process.exit(1);
}
process.exit(0);
