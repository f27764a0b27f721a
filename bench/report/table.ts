import { metrics, type Metric, type MetricName } from "./metrics.ts";

/** The values of one broker, round after round. */
export type Rounds = readonly ReadonlyMap<MetricName, number>[];

export function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The table of medians and ratios; a broker that was not measured has no rounds. */
export function table(ours: Rounds, kafkas: Rounds, kafkaLabel: string): string {
  const lines = [
    `| | unit | Odradek | ${kafkaLabel} | ratio | target | |`,
    "| --- | --- | ---: | ---: | ---: | ---: | --- |",
  ];
  for (const [name, metric] of Object.entries(metrics) as [MetricName, Metric][]) {
    const our = median(valuesOf(ours, name));
    const their = median(valuesOf(kafkas, name));
    if (our === undefined && their === undefined) continue;
    const ratio = our === undefined || their === undefined ? undefined : our / their;
    lines.push(
      `| ${metric.label} | ${metric.unit} | ${numberText(our, metric.digits)} | ${numberText(their, metric.digits)} | ` +
        `${ratio === undefined ? "" : `${ratio.toFixed(2)}×`} | ${targetText(metric)} | ${verdict(metric, ratio)} |`,
    );
  }
  return lines.join("\n");
}

/** Every round's values, for judging how far they scatter. */
export function scatter(ours: Rounds, kafkas: Rounds, kafkaLabel: string): string {
  const lines = [`| | Odradek | ${kafkaLabel} |`, "| --- | --- | --- |"];
  for (const [name, metric] of Object.entries(metrics) as [MetricName, Metric][]) {
    const [our, their] = [ours, kafkas].map((rounds) =>
      valuesOf(rounds, name)
        .map((value) => numberText(value, metric.digits))
        .join(", "),
    );
    if (our !== "" || their !== "") lines.push(`| ${name} | ${our} | ${their} |`);
  }
  return lines.join("\n");
}

export function verdict(metric: Metric, ratio: number | undefined): string {
  if (metric.target === undefined || ratio === undefined) return "";
  const isMet = "atMost" in metric.target ? ratio <= metric.target.atMost : ratio >= metric.target.atLeast;
  return isMet ? "met" : "**missed**";
}

function valuesOf(rounds: Rounds, name: MetricName): number[] {
  return rounds.map((round) => round.get(name)).filter((value) => value !== undefined);
}

function targetText({ target }: Metric): string {
  if (target === undefined) return "";
  return "atMost" in target ? `≤ ${target.atMost}×` : `≥ ${target.atLeast}×`;
}

function numberText(value: number | undefined, digits: number): string {
  return value === undefined
    ? ""
    : value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}
