import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { toolsFolder } from "../support/run-process.ts";
import { replay } from "../support/transcript.ts";

/** Sessions with tools that look at files, and at no broker. */
const offline = new Set(["storage", "dump-log"]);

const recordings = fileURLToPath(new URL("../data/cli/", import.meta.url));

/**
 * With `RECORD_CLI` set to a folder of Kafka's own tools, and `INTEROP_TARGET=kafka`, the transcripts are written anew
 * instead of compared.
 */
const recordWith = process.env["RECORD_CLI"];

const sessions = [
  "storage",
  "topics",
  "console-producer",
  "console-consumer",
  "dump-log",
  "log-dirs",
  "delete-records",
  "configs",
];

// Each step waits for a process to start and end: sessions, which have nothing in common, take turns meanwhile.
test.concurrent.for(sessions)(
  "the %s session goes as it does with Kafka's own tools on Apache Kafka",
  { timeout: 300_000 },
  async (name, { expect, onTestFinished }) => {
    const folder = mkdtempSync(join(tmpdir(), "odradek-cli-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const broker = offline.has(name) ? undefined : await TestBroker.start();
    onTestFinished(async () => broker?.remove());

    const file = join(recordings, `${name}.txt`);
    const recorded = readFileSync(file, "utf8");
    const tools = recordWith ?? toolsFolder;
    const replayed = await replay(recorded, { tools, bootstrap: broker?.bootstrap, folder });
    if (recordWith !== undefined) writeFileSync(file, replayed);
    else expect(replayed).toBe(recorded);
  },
);
