import { element, legend, picture, text, type Svg } from "./svg.ts";
import { axisOf, type Axis } from "./axis.ts";

export interface Line {
  readonly className: "our-line" | "kafka-line";
  readonly points: ReadonlyMap<number, number>;
}

/** One pair of axes. */
export interface Panel {
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
}

const panelWidth = 440;
const panelHeight = 280;
const columns = 2;
const headHeight = 50;
const inset = { left: 70, right: 24, top: 62, bottom: 50 };

/** Panels in two columns. The x axis grows by powers of ten; the y axis too where the values are far apart. */
export function lineCharts(title: string, theirLabel: string, panels: readonly Panel[]): string {
  const width = columns * panelWidth + 20;
  const height = headHeight + Math.ceil(panels.length / columns) * panelHeight + 10;
  const content: Svg[] = [text(20, 32, "title", title), ...legend(width - 20, 32, theirLabel)];
  panels.forEach((panel, index) => {
    const left = 10 + (index % columns) * panelWidth;
    const top = headHeight + Math.floor(index / columns) * panelHeight;
    content.push(element("g", { transform: `translate(${left} ${top})` }, drawn(panel)));
  });
  return picture(width, height, title, content);
}

function drawn(panel: Panel): Svg[] {
  const xs = panel.lines.flatMap((line) => [...line.points.keys()]);
  const ys = panel.lines.flatMap((line) => [...line.points.values()]);
  if (xs.length === 0) return [];
  const x = axisOf(xs, inset.left, panelWidth - inset.right, true);
  const y = axisOf(ys, panelHeight - inset.bottom, inset.top, false);
  return [
    text(inset.left - 50, 24, "strong", panel.title),
    ...grid(x, y),
    text((inset.left + panelWidth - inset.right) / 2, panelHeight - 12, "muted", panel.xLabel, "middle"),
    text(inset.left - 50, 42, "muted", panel.yLabel),
    ...panel.lines.flatMap((line) => lineOf(line, x, y)),
  ];
}

function grid(x: Axis, y: Axis): Svg[] {
  const [left, right, bottom, top] = [inset.left, panelWidth - inset.right, panelHeight - inset.bottom, inset.top];
  return [
    ...y.ticks.flatMap(({ at, label }) => [
      element("line", { class: "grid", x1: left, x2: right, y1: at, y2: at }),
      text(left - 8, at + 4, "muted", label, "end"),
    ]),
    ...x.ticks.map(({ at, label }) => text(at, bottom + 18, "muted", label, "middle")),
    element("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }),
  ];
}

function lineOf(line: Line, x: Axis, y: Axis): Svg[] {
  const places = [...line.points].map(([key, value]) => ({ x: x.place(key), y: y.place(value) }));
  const d = places
    .map((place, index) => `${index === 0 ? "M" : "L"}${place.x.toFixed(1)} ${place.y.toFixed(1)}`)
    .join("");
  const dot = line.className === "our-line" ? "ours" : "kafkas";
  return [
    element("path", { class: line.className, d }),
    ...places.map((place) => element("circle", { class: dot, cx: place.x, cy: place.y, r: 3.5 })),
  ];
}
