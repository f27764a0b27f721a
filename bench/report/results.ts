import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type CurveName } from "./curves.ts";
import { type MetricName } from "./metrics.ts";

export type TargetName = "odradek" | "kafka";

/** A point of a curve. */
export interface Point {
  readonly curve: CurveName;
  readonly x: number;
  readonly y: number;
}

/** What one broker showed in one round of one suite. */
export interface Turn {
  readonly suite: string;
  readonly round: number;
  readonly target: TargetName;
  readonly date: string;
  readonly commit: string;
  readonly values: Partial<Record<MetricName, number>>;
  readonly points: readonly Point[];
  /** Share of a core that the load generator used, by workload. */
  readonly generatorShares: Readonly<Record<string, number>>;
  readonly failures: readonly string[];
}

export interface Results {
  readonly machine: readonly string[];
  /** Conditions that differ from the default ones, and the like. */
  readonly notes: readonly string[];
  readonly turns: readonly Turn[];
}

export function loadResults(file: string): Results | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : undefined;
}

export function saveResults(file: string, results: Results): void {
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`);
}

/** The old results in which everything that was measured again is replaced. */
export function merged(old: Results | undefined, fresh: Results): Results {
  if (old === undefined) return fresh;
  const names = new Set(fresh.turns.flatMap((turn) => Object.keys(turn.values)));
  const curves = new Set(fresh.turns.flatMap((turn) => turn.points.map((point) => point.curve)));
  const suites = new Set(fresh.turns.map((turn) => turn.suite));
  const kept = old.turns
    .map((turn) => ({
      ...turn,
      values: Object.fromEntries(Object.entries(turn.values).filter(([name]) => !names.has(name))),
      points: turn.points.filter((point) => !curves.has(point.curve)),
      failures: suites.has(turn.suite) ? [] : turn.failures,
    }))
    .filter((turn) => Object.keys(turn.values).length + turn.points.length + turn.failures.length > 0);
  return { ...fresh, turns: [...kept, ...fresh.turns] };
}

/** A metric's values of one broker, round after round. */
export function valuesOf(results: Results, target: TargetName, name: MetricName): number[] {
  return results.turns
    .filter((turn) => turn.target === target)
    .map((turn) => turn.values[name])
    .filter((value) => value !== undefined);
}

/** A curve's points of one broker: for each x the values of all rounds. */
export function pointsOf(results: Results, target: TargetName, curve: CurveName): Map<number, number[]> {
  const byX = new Map<number, number[]>();
  for (const turn of results.turns) {
    if (turn.target !== target) continue;
    for (const point of turn.points) {
      if (point.curve !== curve) continue;
      const values = byX.get(point.x);
      if (values === undefined) byX.set(point.x, [point.y]);
      else values.push(point.y);
    }
  }
  return new Map([...byX].sort(([a], [b]) => a - b));
}
