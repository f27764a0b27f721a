import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { kafkaVersion } from "../harness/kafka-distribution.ts";
import { shortNumber } from "../svg/axis.ts";
import { barChart, type BarPair } from "../svg/bar-chart.ts";
import { lineCharts, type Panel } from "../svg/line-chart.ts";
import { compare, ratioText, type Comparison } from "./comparison.ts";
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
    // A bar alone says nothing; when only one broker was measured there is nothing else.
    const all = comparisonsOf(results, group);
    const pairs = all.filter(({ ratio }) => ratio !== undefined);
    const comparisons = pairs.length === 0 ? all : pairs;
    if (comparisons.length === 0) continue;
    const chart =
      group === "ceiling" ? ceilingChart(results) : barChart(groups[group], theirLabel, comparisons.map(pairOf));
    pictures.set(group, chart);
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

/** Sinks and brokers on one scale, as shares of what the first sink takes. */
function ceilingChart(results: Results): string {
  const names = ["ceiling.answers", "ceiling.writes", "produce16k.perSecond"] as const;
  const comparisons = names.map((name) => compare(results, name)).filter((comparison) => comparison !== undefined);
  const scale = Math.max(...comparisons.map(({ ours }) => ours?.max ?? 1));
  const pairs = comparisons.map((comparison): BarPair => {
    const { name, metric, ours } = comparison;
    const label = name === "produce16k.perSecond" ? "The brokers" : metric.label;
    const ratio =
      ours === undefined ? "" : `${Math.round((ours.median / (comparisons[0]!.ours?.median ?? 1)) * 100)} %`;
    return { ...pairOf(comparison), label, scale, ratio };
  });
  return barChart(groups.ceiling, theirLabel, pairs, "share");
}

function panelOf(results: Results, name: CurveName): Panel {
  const { title, xLabel, unit } = curveOf[name];
  const line = (target: "odradek" | "kafka"): Map<number, number> =>
    new Map([...pointsOf(results, target, name)].map(([x, values]) => [x, spreadOf(values)!.median]));
  return {
    title,
    xLabel,
    yLabel: unit,
    lines: [
      { className: "kafka-line", points: line("kafka") },
      { className: "our-line", points: line("odradek") },
    ],
  };
}
