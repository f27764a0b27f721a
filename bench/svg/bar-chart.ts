import { type Spread } from "../report/statistics.ts";
import { element, legend, picture, text, type Svg } from "./svg.ts";

/** Two bars to be compared. */
export interface BarPair {
  readonly label: string;
  /** The unit and which way is better. */
  readonly hint: string;
  readonly ours: Spread | undefined;
  readonly theirs: Spread | undefined;
  /** At the right edge: how the two compare. */
  readonly ratio: string;
  /** The value that fills the width, for pairs that share a scale. */
  readonly scale?: number;
  valueText(value: number): string;
}

const width = 900;
const rowHeight = 58;
const headHeight = 62;
const barHeight = 16;
const barX = 385;
const barWidthMax = 325;
const margin = 20;

/**
 * Two bars a line, the longer of which fills the width, so that figures of very different size stand under each other. The thin
 * line shows the smallest and the largest round.
 */
export function barChart(title: string, theirLabel: string, pairs: readonly BarPair[], ratioLabel = "ratio"): string {
  const height = headHeight + pairs.length * rowHeight + margin;
  const content: Svg[] = [text(margin, 32, "title", title), ...legend(width - margin, 32, theirLabel)];
  content.push(text(width - margin, headHeight - 8, "muted", ratioLabel, "end"));
  pairs.forEach((pair, index) => content.push(...row(pair, headHeight + index * rowHeight)));
  const axisEnd = headHeight + pairs.length * rowHeight - 8;
  content.push(element("line", { class: "axis", x1: barX, y1: headHeight - 4, x2: barX, y2: axisEnd }));
  return picture(width, height, title, content);
}

function row(pair: BarPair, y: number): Svg[] {
  const longest = pair.scale ?? Math.max(pair.ours?.max ?? 0, pair.theirs?.max ?? 0, Number.MIN_VALUE);
  return [
    text(margin, y + 16, "", pair.label),
    text(margin, y + 34, "muted", pair.hint),
    ...bar("ours", pair.ours, longest, y + 2, pair),
    ...bar("kafkas", pair.theirs, longest, y + 4 + barHeight, pair),
    text(width - margin, y + 24, "strong", pair.ratio, "end"),
  ];
}

function bar(className: string, spread: Spread | undefined, longest: number, y: number, pair: BarPair): Svg[] {
  if (spread === undefined) return [];
  const lengthOf = (value: number): number => (Math.max(0, value) / longest) * barWidthMax;
  const parts = [
    element("rect", {
      class: className,
      x: barX,
      y,
      width: Math.max(1, lengthOf(spread.median)),
      height: barHeight,
      rx: 2,
    }),
  ];
  const middle = y + barHeight / 2;
  if (spread.max > spread.min) {
    const ends = { x1: barX + lengthOf(spread.min), x2: barX + lengthOf(spread.max) };
    parts.push(element("line", { class: "whisker", ...ends, y1: middle, y2: middle }));
  }
  parts.push(text(barX + lengthOf(spread.max) + 7, middle + 4, "muted", pair.valueText(spread.median)));
  return parts;
}
