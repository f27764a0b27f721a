import { describe, expect, it } from "vitest";
import { parseOptions } from "../../../bench/harness/options.ts";
import { type MetricName } from "../../../bench/report/metrics.ts";
import { median, table } from "../../../bench/report/table.ts";

const rounds = (values: Partial<Record<MetricName, number>>[]): Map<MetricName, number>[] =>
  values.map((round) => new Map(Object.entries(round) as [MetricName, number][]));

describe("the table of results", () => {
  it("has medians, ratios and whether the targets are met", () => {
    const ours = rounds([
      { startMs: 100, latencyP50Ms: 2 },
      { startMs: 300, latencyP50Ms: 4 },
      { startMs: 120, latencyP50Ms: 3 },
    ]);
    const kafkas = rounds([
      { startMs: 2000, latencyP50Ms: 1 },
      { startMs: 3000, latencyP50Ms: 1 },
    ]);
    const lines = table(ours, kafkas, "Kafka").split("\n");
    expect(lines.length).toBe(4);
    expect(lines[2]).toMatch(/\| ms \| 120 \| 2,500 \| 0\.05× \| ≤ 0\.1× \| met \|$/);
    expect(lines[3]).toMatch(/\| ms \| 3\.00 \| 1\.00 \| 3\.00× \| ≤ 1× \| \*\*missed\*\* \|$/);
  });

  it("leaves the ratio open when one broker was not measured", () => {
    const lines = table([], rounds([{ produceRecordsPerCpuSecond: 1000 }]), "Kafka").split("\n");
    expect(lines[2]).toMatch(/\|  \| 1,000 \|  \| ≥ 2× \|  \|$/);
  });

  it("takes the middle of the rounds", () => {
    expect(median([])).toBeUndefined();
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
  });
});

describe("options", () => {
  it("choose scenarios, brokers and rounds", () => {
    expect(parseOptions(["--only", "consume,start", "--rounds=5", "--targets", "kafka"])).toEqual({
      isQuick: false,
      rounds: 5,
      scenarios: ["start", "consume"],
      targets: ["kafka"],
      folder: undefined,
      writes: false,
    });
  });

  it("write the results file after a whole run only, or when told to", () => {
    expect(parseOptions([])).toMatchObject({ writes: true, rounds: 3 });
    expect(parseOptions(["--quick"])).toMatchObject({ writes: false, rounds: 1 });
    expect(parseOptions(["--quick", "--write"])).toMatchObject({ writes: true });
  });

  it.each([["--only", "nothing"], ["--rounds", "0"], ["--rounds"], ["--unknown"]])("refuse %s %s", (...args) => {
    expect(() => parseOptions(args.filter((arg) => arg !== undefined))).toThrow();
  });
});
