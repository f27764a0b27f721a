import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { createTopic } from "../../../bench/harness/admin.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { expectEverything, loadedBroker, type LoadedBroker, topic } from "./loaded-broker.ts";

/** Some load, then silence: what is acknowledged from here on stays what it is. */
async function silenced(loaded: LoadedBroker): Promise<LoadedBroker> {
  await Promise.all(loaded.producers.map((producer) => producer.stop()));
  return loaded;
}

function failureOf(start: Promise<unknown>): Promise<string> {
  return start.then(
    () => "it started",
    (error: unknown) => String(error),
  );
}

/** The files of the topic's partitions that end so. */
function filesOf(dataDirectory: string, suffix: string): string[] {
  return readdirSync(dataDirectory)
    .filter((name) => name.startsWith(`${topic}-`))
    .flatMap((name) => readdirSync(join(dataDirectory, name)).map((file) => join(dataDirectory, name, file)))
    .filter((file) => file.endsWith(suffix));
}

describe("files that a broker can make anew", () => {
  const damages: Record<string, (path: string) => void> = {
    removed: (path) => rmSync(path),
    "cut in half": (path) => truncateSync(path, statSync(path).size >> 1),
    "filled with garbage": (path) => writeFileSync(path, Buffer.alloc(100, 0x5a)),
  };
  // `npm run crash` does all.
  const kinds = process.env.ODRADEK_KILLS === undefined ? ["filled with garbage"] : Object.keys(damages);
  test.each(kinds)("indexes, epochs and snapshots that are %s cost no record", async (damage) => {
    const { broker, producers } = await silenced(await loadedBroker());
    for (const [round, how] of (["kill -9", "clean"] as const).entries()) {
      if (how === "clean") await broker.stop();
      else await broker.kill();
      for (const suffix of [".index", ".timeindex", "leader-epoch-checkpoint", ".snapshot"]) {
        for (const [index, path] of filesOf(broker.dataDirectory, suffix).entries()) {
          if (index % 2 === round) damages[damage]!(path);
        }
      }
      if (how === "kill -9") writeFileSync(join(broker.dataDirectory, "recovery-point-offset-checkpoint"), "garbage");
      await broker.start();
      await expectEverything(broker, producers);
    }
  });
});

test("a meta.properties that is garbage stops the start with a reason, and costs nothing", async () => {
  const { broker, producers } = await silenced(await loadedBroker());
  await broker.kill();
  const path = join(broker.dataDirectory, "meta.properties");
  const sound = readFileSync(path);
  for (const garbage of ["\u0000\u0001garbage", "version=7\n", ""]) {
    writeFileSync(path, garbage);
    const failure = await failureOf(broker.start());
    expect(failure).toContain("ended during its start");
    const reason = failure.trimEnd().split("\n").at(-1) ?? "";
    expect(reason.includes("meta.properties") || reason.includes(broker.dataDirectory)).toBe(true);
  }
  writeFileSync(path, sound);
  await broker.start();
  await expectEverything(broker, producers);
});

test("a second broker on the same directory ends and says why; the first one does not notice", async () => {
  const { broker, producers } = await loadedBroker();
  const failure = await failureOf(TestBroker.start({ target: "odradek", dataDirectory: broker.dataDirectory }));
  expect(failure).toContain("Failed to acquire lock on file .lock");
  expect(failure).toContain(broker.dataDirectory);
  const before = producers.map(({ acknowledged }) => acknowledged.length);
  await expect
    .poll(() => producers.every(({ acknowledged }, index) => acknowledged.length > before[index]!), { timeout: 60_000 })
    .toBe(true);
  await silenced({ broker, producers });
  await expectEverything(broker, producers);
});

/** A file system of its own; undefined where this user cannot have one. */
function mounted(sizeBytes: number): string | undefined {
  if (process.getuid?.() !== 0 || process.platform !== "linux") return undefined;
  const directory = mkdtempSync(join(tmpdir(), "odradek-tmpfs-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", directory], { stdio: "ignore" });
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
  onTestFinished(() => {
    execFileSync("umount", ["-l", directory]);
    rmSync(directory, { recursive: true });
  });
  return directory;
}

function remount(directory: string, options: string): void {
  execFileSync("mount", ["-o", `remount,${options}`, directory]);
}

test("a full file system ends the broker with a reason; with more space all that it acknowledged is there", async (context) => {
  const directory = mounted(3_000_000);
  if (directory === undefined) return context.skip("needs root and mount(8) for a small file system");
  const { broker, producers } = await loadedBroker({ dataDirectory: directory });
  await expect.poll(() => broker.isRunning, { timeout: 120_000 }).toBe(false);
  expect(broker.log).toMatch(/ENOSPC|no space left/);
  expect(broker.log).toMatch(/log dir/i);
  await silenced({ broker, producers });
  remount(directory, "size=64000000");
  await broker.start();
  await expectEverything(broker, producers);
});

test("a directory that is read-only stops the start with its name; writable again, it has everything", async (context) => {
  const directory = mounted(64_000_000);
  if (directory === undefined) return context.skip("needs root and mount(8) for a file system that is read-only");
  const { broker, producers } = await silenced(await loadedBroker({ dataDirectory: directory }));
  await broker.kill();
  remount(directory, "ro");
  const failure = await failureOf(broker.start());
  expect(failure).toMatch(/EROFS|read-only/i);
  expect(failure).toContain(directory);
  remount(directory, "rw");
  await broker.start();
  await expectEverything(broker, producers);
  await createTopic(broker.port, "another", 1);
});
