import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { freePort } from "../support/broker/free-ports.ts";
import { runProcess, runTool, toolsFolder } from "../support/run-process.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

/** A properties file for a node of its own, with an id that no other process on this machine has. */
async function configured(changes: Record<string, string> = {}) {
  const folder = temporaryDirectory();
  const [port, controllerPort] = [await freePort(), await freePort()];
  const properties = {
    "process.roles": "broker,controller",
    "node.id": String(port),
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    "log.dirs": join(folder, "data"),
    ...changes,
  };
  const file = join(folder, "server.properties");
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(""),
  );
  return { folder, file, nodeId: String(port), bootstrap: `127.0.0.1:${port}` };
}

const script = (name: string, ...args: string[]) => runProcess(join(toolsFolder, `${name}.sh`), args);
const format = (file: string) =>
  runTool("kafka-storage", ["format", "--standalone", "-t", "4L6g3nShT-eMCtK--X86sw", "-c", file]);

test("a server starts in the background, is found by its id, and stops", async () => {
  const { folder, file, nodeId, bootstrap } = await configured({ "num.partitions": "1" });
  await format(file);
  onTestFinished(async () => void (await script("kafka-server-stop", "--node-id", nodeId)));
  const started = await runProcess(
    join(toolsFolder, "kafka-server-start.sh"),
    ["-daemon", file, "--override", "num.partitions=3"],
    { env: { ...process.env, LOG_DIR: join(folder, "logs") } },
  );
  expect(started).toEqual({ code: 0, stdout: "", stderr: "" });

  await runTool("kafka-topics", ["--bootstrap-server", bootstrap, "--create", "--topic", "a"]);
  const described = await runTool("kafka-topics", ["--bootstrap-server", bootstrap, "--describe", "--topic", "a"]);
  expect(described).toContain("PartitionCount: 3");
  expect(existsSync(join(folder, "logs", "kafkaServer.out"))).toBe(true);

  expect(await script("kafka-server-stop", "--node-id", nodeId, "--process-role", "broker,controller")).toEqual({
    code: 0,
    stdout: "",
    stderr: "",
  });
  const deadline = performance.now() + 60_000;
  while ((await script("kafka-server-stop", "--node-id", nodeId)).code === 0 && performance.now() < deadline) {
    await sleep(100);
  }
  expect(await script("kafka-server-stop", "--node-id", nodeId)).toMatchObject({
    code: 1,
    stdout: "No kafka server to stop\n",
  });
  expect(existsSync(join(folder, "data", ".kafka_cleanshutdown"))).toBe(true);
});

test("a server that cannot start says why and ends with code 1", async () => {
  const { file } = await configured();
  const unformatted = await script("kafka-server-start", file);
  expect(unformatted.code).toBe(1);
  expect(unformatted.stdout + unformatted.stderr).toMatch(/meta\.properties/);

  const bad = await configured({ "num.network.threads": "none" });
  await format(bad.file).catch(() => "");
  const refused = await script("kafka-server-start", bad.file);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("Invalid value none for configuration num.network.threads");

  const overridden = await script("kafka-server-start", file, "--override", "log.segment.bytes=-1");
  expect(overridden.code).toBe(1);
  expect(overridden.stderr).toContain("Invalid value -1 for configuration log.segment.bytes");
});

test("the command line of kafka-server-start.sh", async () => {
  const usage = "USAGE: kafka-server-start.sh [-daemon] server.properties [--override property=value]*\n";
  expect(await script("kafka-server-start")).toMatchObject({ code: 1, stderr: expect.stringContaining(usage) });
  // Kafka's script begins a process that prints this into its log, and says nothing.
  expect(await script("kafka-server-start", "-daemon")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(usage),
  });
  expect(await script("kafka-server-start", "--version")).toMatchObject({ code: 0, stdout: "4.3.0\n" });
  expect(await script("kafka-server-start", "a.properties", "b")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Found non argument parameters: b"),
  });
  expect(await script("kafka-server-start", "a.properties", "--bogus")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("bogus is not a recognized option"),
  });
  expect(await script("kafka-server-start", "nowhere/server.properties")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("nowhere/server.properties"),
  });
});

test("every script of bin runs from another folder and through a link", async () => {
  const folder = temporaryDirectory();
  const link = join(folder, "uuid");
  await runProcess("ln", ["-s", join(toolsFolder, "kafka-storage.sh"), link]);
  const { code, stdout } = await runProcess("sh", ["-c", 'cd / && exec "$0" random-uuid', link]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^[\w-]{22}\n$/)]);
  expect(readFileSync(join(toolsFolder, "kafka-storage.sh"), "utf8").startsWith("#!/bin/sh\n")).toBe(true);
});
