import { describe, expect, it } from "vitest";
import { compare } from "../../../bench/report/comparison.ts";
import { type MetricName } from "../../../bench/report/metrics.ts";
import { reportOf } from "../../../bench/report/report.ts";
import {
  merged,
  pointsOf,
  type Point,
  type Results,
  type TargetName,
  type Turn,
} from "../../../bench/report/results.ts";
import { spreadOf } from "../../../bench/report/statistics.ts";
import { curveTable, groupTable, missedTargets } from "../../../bench/report/table.ts";

function turn(target: TargetName, values: Partial<Record<MetricName, number>>, points: Point[] = []): Turn {
  const about = { suite: "main", round: 1, date: "2026-11-21T09:00:00.000Z", commit: "abc" };
  return { ...about, target, values, points, generatorShares: {}, failures: [] };
}

const results = (...turns: Turn[]): Results => ({ machine: [], notes: [], turns });
const rowsOf = (table: string): string[] => table.split("\n").slice(2);

it("a spread is the middle and the ends", () => {
  expect(spreadOf([])).toBeUndefined();
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
});

describe("the table of a group", () => {
  const run = results(
    turn("odradek", { "start.emptyMs": 100, "latency100.p50": 2 }),
    turn("odradek", { "start.emptyMs": 300, "latency100.p50": 4 }),
    turn("odradek", { "start.emptyMs": 120, "latency100.p50": 3, "ceiling.share": 0.5 }),
    turn("kafka", { "start.emptyMs": 2000, "latency100.p50": 1 }),
    turn("kafka", { "start.emptyMs": 3000, "latency100.p50": 1, "singles.perSecond": 1000 }),
  );
  const row = (name: MetricName): string => rowsOf(groupTable([compare(run, name)!]))[0]!;

  it("has medians with their ends, ratios and whether the targets are met", () => {
    expect(row("start.emptyMs")).toMatch(
      /\| ms \| 120 \(100\.\.300\) \| 2,500 \(2,000\.\.3,000\) \| 0\.05× \| ≤ 0\.08× \| met \|$/,
    );
    expect(row("latency100.p50")).toMatch(
      /\| 3\.00 \(2\.00\.\.4\.00\) \| 1\.00 \| 3\.00× \| ≤ 0\.7× \| \*\*missed\*\* \|$/,
    );
  });

  it("leaves the ratio open when one broker was not measured", () => {
    expect(row("singles.perSecond")).toMatch(/\|  \| 1,000 \|  \| ≥ 2× \|  \|$/);
    expect(compare(run, "memory.idle")).toBeUndefined();
  });

  it("judges what has no counterpart by its value", () => {
    expect(row("ceiling.share")).toMatch(/\| 0\.50 \|  \|  \| ≥ 0\.55 \| \*\*missed\*\* \|$/);
  });

  it("tells by how much targets are missed", () => {
    const comparisons = (["start.emptyMs", "latency100.p50", "ceiling.share"] as const).map((name) =>
      compare(run, name)!,
    );
    expect(missedTargets(comparisons)).toEqual([
      "`latency100.p50`: 3.00× instead of ≤ 0.7×",
      expect.stringMatching(/^`ceiling\.share`: 0\.50 instead of ≥ 0\.55\. The ceiling [^\n]+\.$/),
    ]);
  });
});

describe("curves", () => {
  const point = (x: number, y: number): Point => ({ curve: "partitions.p50", x, y });
  const run = results(
    turn("odradek", {}, [point(10, 1), point(1, 5)]),
    turn("odradek", {}, [point(10, 3)]),
    turn("kafka", {}, [point(1000, 7)]),
  );

  it("have every value of an x, in the order of x", () => {
    expect([...pointsOf(run, "odradek", "partitions.p50")]).toEqual([
      [1, [5]],
      [10, [1, 3]],
    ]);
  });

  it("stand side by side in a table, with gaps", () => {
    expect(rowsOf(curveTable(run, ["partitions.p50"]))).toEqual([
      "| 1 | 5.00 / – |",
      "| 10 | 2.00 / – |",
      "| 1,000 | – / 7.00 |",
    ]);
  });
});

describe("results that were kept", () => {
  it("are replaced where they were measured again, and stay where not", () => {
    const old = results(
      turn("odradek", { "memory.idle": 80, "tail.perSecond": 1 }),
      turn("kafka", { "memory.idle": 400 }),
    );
    const both = merged(old, results(turn("odradek", { "memory.idle": 70 })));
    expect(both.turns.map(({ target, values }) => ({ target, values }))).toEqual([
      { target: "odradek", values: { "tail.perSecond": 1 } },
      { target: "odradek", values: { "memory.idle": 70 } },
    ]);
  });

  it("become a report with a section for each group that was measured, and what failed", () => {
    const failed = { ...turn("kafka", { "memory.idle": 400 }), failures: ["tail: no answer"] };
    const text = reportOf(results(turn("odradek", { "memory.idle": 80 }), failed), "## By hand\n");
    expect(text).toContain("(charts/footprint.svg)");
    expect(text).not.toContain("(charts/produce.svg)");
    expect(text).toContain("- main, round 1, kafka: tail: no answer");
    expect(text).toContain("## By hand");
    expect(text).toContain("| memory.idle | 80 | 400 |");
  });
});
