import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Log } from "../../src/log/log.ts";
import { javaTool, prepareJava, type Java } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";
import { recordCount, writeLog } from "./support/written-log.ts";

const dumpTool = "org.apache.kafka.tools.DumpLogSegments";
await withTool("DumpLogSegments", prepareJava, (java) => {
  describe("Kafka's DumpLogSegments reads our files", () => {
    const parent = mkdtempSync(join(tmpdir(), "odradek-"));
    const dir = join(parent, "topic-0");
    let log: Log;
    beforeAll(async () => {
      log = await writeLog(dir);
    });
    afterAll(() => rmSync(parent, { recursive: true }));

    const files = (suffix: string): string[] =>
      readdirSync(dir)
        .filter((name) => name.endsWith(suffix))
        .map((name) => join(dir, name));

    test("the records, indexes checked against them", async () => {
      expect(log.segmentSizes().length).toBe(5);
      const output = await dump(java, ["--print-data-log", "--deep-iteration"], [...files(".log"), ...files("index")]);
      const offsets = [...output.matchAll(/^\| offset: (\d+) .*? key: key-(\d+) payload: value-(\d+)-/gm)];
      expect(offsets.length).toBeGreaterThanOrEqual(recordCount);
      expect(offsets.map(([, , key]) => Number(key))).toEqual(offsets.map((_, index) => index));
      expect(offsets.every(([, , key, value]) => key === value)).toBe(true);
      expect(output).toMatch(/endTxnMarker: ABORT/);
    });

    test.each([["--index-sanity-check"], ["--verify-index-only"]])("the indexes with %s", async (option) => {
      const output = await dump(java, [option], [...files(".index"), ...files(".timeindex")]);
      if (option === "--index-sanity-check")
        expect(output.match(/passed sanity check/g)?.length).toBe(files("index").length - files(".txnindex").length);
    });

    test("producer snapshots and transaction indexes", async () => {
      const output = await dump(java, [], [...files(".snapshot"), ...files(".txnindex")]);
      expect(output).toMatch(
        /producerId: 1 producerEpoch: 0 coordinatorEpoch: -1 currentTxnFirstOffset: OptionalLong.empty/,
      );
      expect(output).toMatch(/version: 0 producerId: 3 firstOffset: \d+ lastOffset: \d+ lastStableOffset: \d+/);
    });
  });
});

/** Runs the tool and expects that it has nothing to complain of. */
async function dump(java: Java, options: readonly string[], files: readonly string[]): Promise<string> {
  const { status, output, errors } = await javaTool(java, dumpTool, [...options, "--files", files.join(",")]);
  // The tool takes every segment for the first one: it says that of Apache Kafka's own files too.
  const complaints = errors.replace(/Non-consecutive offsets in .*\n( +-1 is followed by \d+\n)/g, "").trim();
  expect(complaints).toBe("");
  expect(status).toBe(0);
  expect(output).not.toMatch(/mismatch|not found|corrupt|invalid bytes|Non-|out of order|isvalid: false/i);
  return output;
}
