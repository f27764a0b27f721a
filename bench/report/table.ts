import { kafkaVersion } from "../harness/kafka-distribution.ts";
import { compare, numberText, ratioText, targetText, type Comparison } from "./comparison.ts";
import { curveNames, curveOf, type CurveName } from "./curves.ts";
import { explanations } from "./explanations.ts";
import { groups, metricNames, type GroupName, type Metric } from "./metrics.ts";
import { pointsOf, valuesOf, type Results } from "./results.ts";
import { spreadOf, type Spread } from "./statistics.ts";

const brokers = `Odradek | Apache Kafka ${kafkaVersion}`;
export const groupNames = Object.keys(groups) as GroupName[];

/** The comparisons of a group that were made. */
export function comparisonsOf(results: Results, group: GroupName): Comparison[] {
  return metricNames
    .map((name) => compare(results, name))
    .filter((comparison) => comparison !== undefined && comparison.metric.group === group) as Comparison[];
}

/** Medians with the smallest and the largest value, ratios, targets. */
export function groupTable(comparisons: readonly Comparison[]): string {
  const lines = [`| | unit | ${brokers} | ratio | target | |`, "| --- | --- | ---: | ---: | ---: | ---: | --- |"];
  for (const { metric, ours, kafkas, ratio, isMet } of comparisons) {
    const cells = [
      metric.label,
      metric.unit,
      spreadText(ours, metric.digits),
      spreadText(kafkas, metric.digits),
      ratio === undefined ? "" : ratioText(ratio),
      targetText(metric),
      verdict(isMet),
    ];
    lines.push(`| ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

function verdict(isMet: boolean | undefined): string {
  if (isMet === undefined) return "";
  return isMet ? "met" : "**missed**";
}

function spreadText(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return "";
  const median = numberText(spread.median, digits);
  if (spread.min === spread.max) return median;
  return `${median} (${numberText(spread.min, digits)}..${numberText(spread.max, digits)})`;
}

/** What was aimed at and not reached, how far from it, and why. */
export function missedTargets(comparisons: readonly Comparison[]): string[] {
  return comparisons
    .filter(({ isMet }) => isMet === false)
    .map(({ name, metric, ours, ratio }) => {
      const target = metric.target!;
      const isRatio = !("valueAtLeast" in target);
      const reached = isRatio ? ratioText(ratio!) : numberText(ours!.median, metric.digits);
      const why = explanations[name]?.replaceAll("\n", " ");
      return `\`${name}\`: ${reached} instead of ${targetText(metric)}${why === undefined ? "" : `. ${why}`}`;
    });
}

/** One line a number of partitions or connections. */
export function curveTable(results: Results, names: readonly CurveName[]): string {
  const xs = new Set<number>();
  for (const name of names) {
    for (const target of ["odradek", "kafka"] as const) {
      for (const x of pointsOf(results, target, name).keys()) xs.add(x);
    }
  }
  const heads = names.map((name) => `${curveOf[name].label}, ${curveOf[name].unit}`);
  const lines = [
    `| ${curveOf[names[0]!].xLabel} | ${heads.join(" | ")} |`,
    `| ---: |${" ---: |".repeat(names.length)}`,
  ];
  for (const x of [...xs].sort((a, b) => a - b)) {
    const cells = names.map((name) => {
      const texts = (["odradek", "kafka"] as const).map((target) => {
        const spread = spreadOf(pointsOf(results, target, name).get(x) ?? []);
        return spread === undefined ? "–" : numberText(spread.median, curveOf[name].digits);
      });
      return texts.join(" / ");
    });
    lines.push(`| ${numberText(x, 0)} | ${cells.join(" | ")} |`);
  }
  return lines.join("\n");
}

/** The curves over the same thing. */
export function curvesOver(results: Results): Map<string, CurveName[]> {
  const byX = new Map<string, CurveName[]>();
  for (const name of curveNames) {
    if (!results.turns.some((turn) => turn.points.some((point) => point.curve === name))) continue;
    const { xLabel } = curveOf[name];
    byX.set(xLabel, [...(byX.get(xLabel) ?? []), name]);
  }
  return byX;
}

/** Every round's values, for judging how far they scatter. */
export function scatterTable(results: Results): string {
  const lines = [`| | ${brokers} |`, "| --- | --- | --- |"];
  for (const name of metricNames) {
    const comparison = compare(results, name);
    if (comparison === undefined) continue;
    const texts = (["odradek", "kafka"] as const).map((target) =>
      roundsText(valuesOf(results, target, name), comparison.metric),
    );
    lines.push(`| ${name} | ${texts.join(" | ")} |`);
  }
  return lines.join("\n");
}

function roundsText(values: readonly number[], { digits }: Metric): string {
  return values.map((value) => numberText(value, digits)).join(", ");
}

/** Where the load generator may have been the limit. */
export function generatorTable(results: Results): string {
  const shares = new Map<string, Record<"odradek" | "kafka", number[]>>();
  for (const turn of results.turns) {
    for (const [workload, share] of Object.entries(turn.generatorShares)) {
      const both = shares.get(workload) ?? { odradek: [], kafka: [] };
      both[turn.target].push(share * 100);
      shares.set(workload, both);
    }
  }
  const lines = [`| | ${brokers} |`, "| --- | ---: | ---: |"];
  for (const [workload, { odradek, kafka }] of shares) {
    const texts = [odradek, kafka].map((values) => {
      const spread = spreadOf(values);
      return spread === undefined ? "" : `${numberText(spread.median, 0)} %`;
    });
    lines.push(`| ${workload} | ${texts.join(" | ")} |`);
  }
  return lines.join("\n");
}

/** What a run prints at its end. */
export function summary(results: Results): string {
  const parts: string[] = [];
  for (const group of groupNames) {
    const comparisons = comparisonsOf(results, group);
    if (comparisons.length > 0) parts.push(`## ${groups[group]}\n\n${groupTable(comparisons)}\n`);
  }
  for (const names of curvesOver(results).values()) parts.push(`${curveTable(results, names)}\n`);
  return parts.join("\n");
}
