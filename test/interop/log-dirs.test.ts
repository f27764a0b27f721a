import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  brokerOn,
  brokerWith,
  createTopic,
  hasMoved,
  move,
  placesOf,
  send,
  setRate,
  until,
  valuesOf,
} from "../node/log-dirs/directories.ts";
import { type TargetName } from "../support/broker/target.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
import { javaTool, prepareJava } from "./support/java.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("log directories", prepareJava, (java) => {
  test("kafka-reassign-partitions moves replicas between directories, kafka-log-dirs and the metadata tell of it", async () => {
    const { broker, directories } = await brokerWith(["one", "two"]);
    const run = (mainClass: string, ...args: string[]) =>
      javaTool(java, mainClass, ["--bootstrap-server", broker.bootstrap, ...args]);
    await createTopic(broker.port, "t", 2);
    await send(broker, "t", ["first"]);
    const from = (await Promise.all([0, 1].map((index) => placesOf(broker, "t", index)))).map(
      ([place]) => place!.logDir,
    );
    const partitions = from.map((logDir, partition) => ({
      topic: "t",
      partition,
      replicas: [1],
      log_dirs: [directories.find((directory) => directory !== logDir)!],
    }));
    const file = join(temporaryDirectory(), "moves.json");
    writeFileSync(file, JSON.stringify({ version: 1, partitions }));
    const tool = "org.apache.kafka.tools.reassign.ReassignPartitionsCommand";
    const begun = await run(
      tool,
      "--reassignment-json-file",
      file,
      "--execute",
      "--replica-alter-log-dirs-throttle",
      "9999999",
    );
    expect(begun).toMatchObject({
      status: 0,
      output: expect.stringContaining("Successfully started moving log directory"),
    });
    for (const [index, { log_dirs }] of partitions.entries()) await hasMoved(broker, "t", log_dirs[0]!, index);
    const verified = await run(tool, "--reassignment-json-file", file, "--verify");
    expect(verified.output).toContain("Reassignment of replica t-0-1 completed successfully.");
    expect(verified.output).toContain("Clearing broker-level throttles on broker 1");
    const described = await run("org.apache.kafka.tools.LogDirsCommand", "--describe", "--topic-list", "t");
    const report = JSON.parse(described.output.trim().split("\n").at(-1)!) as {
      brokers: { logDirs: { logDir: string; error: string | null; partitions: { partition: string }[] }[] }[];
    };
    const places = report.brokers[0]!.logDirs.map(({ logDir, error, partitions: inIt }) => [
      logDir,
      error,
      inIt.map((each) => each.partition),
    ]);
    expect(places.sort()).toEqual(
      partitions.map(({ log_dirs, partition }) => [log_dirs[0], null, [`t-${partition}`]]).sort(),
    );
    expect(await valuesOf(broker, "t")).toEqual(["first"]);

    await broker.stop();
    const metadata = join(directories[0]!, "__cluster_metadata-0");
    const segment = join(
      metadata,
      readdirSync(metadata).find((name) => name.endsWith(".log"))!,
    );
    const dumped = await javaTool(java, "org.apache.kafka.tools.DumpLogSegments", [
      "--cluster-metadata-decoder",
      "--files",
      segment,
    ]);
    expect(dumped.status).toBe(0);
    const changes = dumped.output
      .split("\n")
      .filter((line) => /PARTITION_CHANGE_RECORD.*"directories":\["[\w-]{22}"\]/.test(line));
    // Two to say where the new replicas are, two for the moves.
    expect(changes.length).toBeGreaterThanOrEqual(4);
  });

  describe.each<[TargetName, TargetName]>([
    ["odradek", "kafka"],
    ["kafka", "odradek"],
  ])("a move that %s began", (first, second) => {
    test(`is finished by ${second}, and the replica served from there`, async () => {
      const before = await brokerWith(["one", "two"], first);
      const { directories } = before;
      await createTopic(before.broker.port, "t", 1);
      const sent = Array.from({ length: 12 }, (_, index) => `${index}`.padEnd(400_000, "x"));
      for (const value of sent) expect(await send(before.broker, "t", [value])).toBe(0);
      const [home] = await placesOf(before.broker, "t");
      const away = directories.find((directory) => directory !== home!.logDir)!;
      await setRate(before.broker, "1000");
      expect(await move(before.broker, "t", away)).toBe(0);
      await until(async () => (await placesOf(before.broker, "t")).some(({ isFuture }) => isFuture));
      await before.broker.kill();
      expect(readdirSync(away).filter((name) => /^t-0\.[0-9a-f]{32}-future$/.test(name))).toHaveLength(1);

      const { broker } = await brokerOn(directories, second, before.broker);
      expect((await placesOf(broker, "t")).map(({ isFuture }) => isFuture).sort()).toEqual([false, true]);
      await setRate(broker, null);
      await hasMoved(broker, "t", away);
      expect(await send(broker, "t", ["after"])).toBe(0);
      expect(await valuesOf(broker, "t")).toEqual([...sent, "after"]);
      await broker.stop();

      const again = await brokerOn(directories, first, broker);
      expect(await valuesOf(again.broker, "t")).toEqual([...sent, "after"]);
      expect(await placesOf(again.broker, "t")).toMatchObject([{ logDir: away, isFuture: false }]);
    });
  });
});
