import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kafkaVersion } from "../harness/kafka-distribution.ts";
import { shortNumber } from "../svg/axis.ts";
import { barChart, type BarPair } from "../svg/bar-chart.ts";
import { lineCharts, type Panel } from "../svg/line-chart.ts";
import { ratioText, type Comparison } from "./comparison.ts";
import { curveOf, type CurveName } from "./curves.ts";
import { groups } from "./metrics.ts";
import { pointsOf, type Results } from "./results.ts";
import { spreadOf } from "./statistics.ts";
import { comparisonsOf, curvesOver, groupNames } from "./table.ts";

const theirLabel = `Apache Kafka ${kafkaVersion}`;

/** Writes a chart for each group of lines and each set of curves; returns their names. */
export function writeCharts(folder: string, results: Results): string[] {
  mkdirSync(folder, { recursive: true });
  const pictures = new Map<string, string>();
  for (const group of groupNames) {
    const pairs = comparisonsOf(results, group).map(pairOf);
    if (pairs.length > 0) pictures.set(group, barChart(groups[group], theirLabel, pairs));
  }
  for (const [over, names] of curvesOver(results)) {
    pictures.set(
      over,
      lineCharts(
        `What more ${over} cost`,
        theirLabel,
        names.map((name) => panelOf(results, name)),
      ),
    );
  }
  for (const [name, markup] of pictures) writeFileSync(join(folder, `${name}.svg`), markup);
  return [...pictures.keys()];
}

function pairOf({ metric, ours, kafkas, ratio }: Comparison): BarPair {
  const direction = metric.better === "more" ? "more is better" : "less is better";
  return {
    label: metric.label,
    hint: metric.unit === "" ? direction : `${metric.unit}, ${direction}`,
    ours,
    theirs: kafkas,
    ratio: ratio === undefined ? "" : ratioText(ratio),
    valueText: shortNumber,
  };
}

function panelOf(results: Results, name: CurveName): Panel {
  const { label, xLabel, unit } = curveOf[name];
  const [title, ...rest] = label.split(", ");
  const line = (target: "odradek" | "kafka"): Map<number, number> =>
    new Map([...pointsOf(results, target, name)].map(([x, values]) => [x, spreadOf(values)!.median]));
  return {
    title: rest.length === 0 ? label : `${title}, ${rest.at(-1)}`,
    xLabel,
    yLabel: unit,
    lines: [
      { className: "kafka-line", points: line("kafka") },
      { className: "our-line", points: line("odradek") },
    ],
  };
}
