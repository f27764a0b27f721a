/** What an element holds: text, which is escaped, or elements, which are not. */
export type Content = string | Svg | readonly Svg[];

/** An element that has been written. */
export interface Svg {
  readonly markup: string;
}

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content: Content = []): Svg {
  const list = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeText(typeof value === "number" ? decimal(value) : value)}"`)
    .join("");
  const inner = innerOf(content);
  return { markup: inner === "" ? `<${name}${list}/>` : `<${name}${list}>${inner}</${name}>` };
}

export function text(x: number, y: number, className: string, content: string, anchor = "start"): Svg {
  return element("text", { x, y, class: className, "text-anchor": anchor }, content);
}

function innerOf(content: Content): string {
  if (typeof content === "string") return escapeText(content);
  if ("markup" in content) return content.markup;
  return content.map(({ markup }) => markup).join("\n");
}

export function escapeText(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

/** A tenth of a pixel is enough. */
function decimal(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Readable on white and on black: the picture brings its own ground. */
const style = `
  .ground { fill: #ffffff; stroke: #d0d7de; }
  text { font-family: system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; font-size: 13px; fill: #1f2328; }
  .title { font-size: 16px; font-weight: 600; }
  .muted { fill: #59636e; font-size: 12px; }
  .strong { font-weight: 600; }
  .axis { stroke: #afb8c1; fill: none; }
  .grid { stroke: #e4e8ec; fill: none; }
  .ours { fill: #0969da; }
  .kafkas { fill: #9a6700; }
  .our-line { stroke: #0969da; fill: none; stroke-width: 2.5; }
  .kafka-line { stroke: #9a6700; fill: none; stroke-width: 2.5; stroke-dasharray: 6 4; }
  .whisker { stroke: #1f2328; stroke-width: 1.2; }
  @media (prefers-color-scheme: dark) {
    .ground { fill: #0d1117; stroke: #30363d; }
    text { fill: #e6edf3; }
    .muted { fill: #9198a1; }
    .axis { stroke: #656c76; }
    .grid { stroke: #262c36; }
    .ours { fill: #4493f8; }
    .kafkas { fill: #d29922; }
    .our-line { stroke: #4493f8; }
    .kafka-line { stroke: #d29922; }
    .whisker { stroke: #e6edf3; }
  }
`;

/** A whole picture. */
export function picture(width: number, height: number, title: string, content: readonly Svg[]): string {
  const root = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${width} ${height}`, width, height, role: "img" },
    [
      element("title", {}, title),
      // The rules are ours and hold nothing to escape.
      { markup: `<style>${style}</style>` },
      element("rect", { class: "ground", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 8 }),
      ...content,
    ],
  );
  return `${root.markup}\n`;
}

/** Which colour is whose, from the right edge. */
export function legend(right: number, y: number, theirs: string): Svg[] {
  const theirX = right - 150;
  const ourX = theirX - 90;
  return [
    element("rect", { class: "ours", x: ourX, y: y - 10, width: 11, height: 11, rx: 2 }),
    text(ourX + 17, y, "", "Odradek"),
    element("rect", { class: "kafkas", x: theirX, y: y - 10, width: 11, height: 11, rx: 2 }),
    text(theirX + 17, y, "", theirs),
  ];
}
