import { describe, expect, it } from "vitest";
import { help, parseOptions, type Catalogue } from "../../../bench/harness/options.ts";

const catalogue: Catalogue = { start: ["start"], tail: ["tail"], main: ["start", "tail"] };
const parsed = (...args: string[]) => parseOptions(args, "root", catalogue);

describe("options", () => {
  it("choose workloads, brokers and rounds", () => {
    expect(parsed("--only", "tail", "--rounds=5", "--targets", "kafka", "--restart-size", "0.5")).toMatchObject({
      isQuick: false,
      rounds: 5,
      only: new Set(["tail"]),
      targets: ["kafka"],
      folder: undefined,
      writes: false,
      restartGigabytes: 0.5,
    });
  });

  it("take a name for several workloads", () => {
    expect(parsed("--only", "main")).toMatchObject({ only: new Set(["start", "tail"]) });
    expect(help(catalogue)).toContain("main     = start, tail");
  });

  it("keep the results of a whole run only, or when told to", () => {
    expect(parsed()).toMatchObject({ writes: true, rounds: 5, restartPartitions: 5_000 });
    expect(parsed("--quick")).toMatchObject({ writes: false, rounds: 1 });
    expect(parsed("--quick", "--write")).toMatchObject({ writes: true });
  });

  it.each([["--only", "nothing"], ["--rounds", "0"], ["--rounds", "1.5"], ["--rounds"], ["--unknown"]])(
    "refuse %s %s",
    (...args) => {
      expect(() => parsed(...args.filter((arg) => arg !== undefined))).toThrow();
    },
  );
});
