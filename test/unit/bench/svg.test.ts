import { describe, expect, it } from "vitest";
import { axisOf, shortNumber } from "../../../bench/svg/axis.ts";
import { barChart } from "../../../bench/svg/bar-chart.ts";
import { lineCharts } from "../../../bench/svg/line-chart.ts";
import { element, escapeText } from "../../../bench/svg/svg.ts";

/** The elements of a picture that have a class, as their attributes. */
function classed(markup: string, className: string): Record<string, string>[] {
  return [...markup.matchAll(new RegExp(`<[^>]*class="${className}"[^>]*>`, "g"))].map(([tag]) =>
    Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name!, value!])),
  );
}

describe("markup", () => {
  it("escapes what has a meaning in it", () => {
    expect(escapeText(`a<b & "c"`)).toBe("a&lt;b &amp; &quot;c&quot;");
    expect(element("text", { x: 1.26, label: "<" }, "5 > 4").markup).toBe('<text x="1.3" label="&lt;">5 &gt; 4</text>');
    expect(element("g", {}, [element("a", {}), element("b", {})]).markup).toBe("<g><a/>\n<b/></g>");
  });
});

describe("axes", () => {
  it("are linear from 0 where values are near each other, with round steps", () => {
    const axis = axisOf([30, 87], 0, 100, false);
    expect(axis.ticks.map((tick) => tick.label)).toEqual(["0", "50", "100"]);
    expect(axis.place(87)).toBeCloseTo(87);
  });

  it("grow by powers of ten where they are far apart", () => {
    const axis = axisOf([1, 10_000], 0, 400, true);
    expect(axis.ticks).toEqual([
      { at: 0, label: "1" },
      { at: 100, label: "10" },
      { at: 200, label: "100" },
      { at: 300, label: "1 k" },
      { at: 400, label: "10 k" },
    ]);
    expect(axisOf([0.5, 90], 100, 0, false).place(10)).toBeCloseTo(100 / 3);
  });

  it("have a place for a single value", () => {
    expect(Number.isFinite(axisOf([1], 0, 100, true).place(1))).toBe(true);
    expect(Number.isFinite(axisOf([0], 0, 100, false).place(0))).toBe(true);
  });

  it("name large numbers briefly", () => {
    expect([0.25, 12, 1_500, 2_345_678].map(shortNumber)).toEqual(["0.25", "12", "1.5 k", "2.35 M"]);
  });
});

describe("charts", () => {
  it("a bar is as long as its value, compared with the longest of its pair", () => {
    const spread = (median: number, max = median) => ({ median, min: median, max });
    const pair = {
      label: "a & b",
      hint: "",
      ratio: "4×",
      valueText: String,
      ours: spread(200),
      theirs: spread(50, 100),
    };
    const markup = barChart("Title", "Kafka", [pair, { ...pair, theirs: undefined }]);
    const [, ours, alone] = classed(markup, "ours");
    const [, theirs] = classed(markup, "kafkas");
    expect(Number(theirs!["width"]) / Number(ours!["width"])).toBeCloseTo(0.25);
    expect(alone!["width"]).toBe(ours!["width"]);
    expect(classed(markup, "whisker").length).toBe(1);
    expect(markup).toContain("a &amp; b");
  });

  it("a line has a point for each value", () => {
    const points = new Map([
      [1, 5],
      [10, 7],
      [100, 6],
    ]);
    const lines = [
      { className: "our-line" as const, points },
      { className: "kafka-line" as const, points: new Map([[1, 9]]) },
    ];
    const markup = lineCharts("Title", "Kafka", [{ title: "t", xLabel: "x", yLabel: "y", lines }]);
    expect(markup.match(/<circle/g)!.length).toBe(4);
    expect(classed(markup, "our-line")[0]!["d"]).toMatch(/^M[\d.]+ [\d.]+L[\d.]+ [\d.]+L[\d.]+ [\d.]+$/);
  });
});
