import { metricOf, type Metric, type MetricName } from "./metrics.ts";
import { valuesOf, type Results } from "./results.ts";
import { spreadOf, type Spread } from "./statistics.ts";

/** One line: what both brokers showed, how they compare, and whether that is what was aimed at. */
export interface Comparison {
  readonly name: MetricName;
  readonly metric: Metric;
  readonly ours: Spread | undefined;
  readonly kafkas: Spread | undefined;
  /** Of the medians. */
  readonly ratio: number | undefined;
  /** Undefined without a target, or without what it takes to judge. */
  readonly isMet: boolean | undefined;
}

/** Undefined when neither broker was measured. */
export function compare(results: Results, name: MetricName): Comparison | undefined {
  const metric = metricOf[name];
  const ours = spreadOf(valuesOf(results, "odradek", name));
  const kafkas = spreadOf(valuesOf(results, "kafka", name));
  if (ours === undefined && kafkas === undefined) return undefined;
  const ratio = ours === undefined || kafkas === undefined ? undefined : ours.median / kafkas.median;
  return { name, metric, ours, kafkas, ratio, isMet: isMet(metric, ours?.median, ratio) };
}

export function isMet({ target }: Metric, value: number | undefined, ratio: number | undefined): boolean | undefined {
  if (target === undefined) return undefined;
  if ("valueAtLeast" in target) return value === undefined ? undefined : value >= target.valueAtLeast;
  if (ratio === undefined) return undefined;
  return "atMost" in target ? ratio <= target.atMost : ratio >= target.atLeast;
}

export function targetText({ target }: Metric): string {
  if (target === undefined) return "";
  if ("valueAtLeast" in target) return `≥ ${target.valueAtLeast}`;
  return "atMost" in target ? `≤ ${target.atMost}×` : `≥ ${target.atLeast}×`;
}

export function numberText(value: number, digits: number): string {
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

export function ratioText(ratio: number): string {
  return `${ratio.toFixed(ratio < 10 ? 2 : 1)}×`;
}
