import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { expectSameAnswers } from "../../differential/compare.ts";
import { moveScenario } from "../../differential/scenarios/log-dirs.ts";
import { type Step, transcriptOf } from "../../differential/session.ts";
import { type TargetName } from "../../support/broker/target.ts";
import { TestBroker } from "../../support/broker/test-broker.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";

const file = new URL(`../../data/differential/${moveScenario.name}.json`, import.meta.url);

async function transcript(target: TargetName): Promise<Step[]> {
  const folder = temporaryDirectory();
  const directories = ["one", "two"].map((name) => join(folder, name));
  for (const directory of directories) mkdirSync(directory);
  const broker = await TestBroker.start({ target, properties: { "log.dirs": directories.join(",") } });
  onTestFinished(() => broker.remove());
  return transcriptOf(moveScenario, broker.port);
}

/** `ODRADEK_RECORD=kafka npx vitest run --project node log-dirs/answers` asks Apache Kafka itself, and keeps its answers. */
test.runIf(process.env["ODRADEK_RECORD"] === "kafka")("recording", { timeout: 120_000 }, async () => {
  writeFileSync(file, `${JSON.stringify(await transcript("kafka"), null, 1)}\n`);
});

test.runIf(process.env["ODRADEK_RECORD"] === undefined)("replicas move as Kafka moves them", async () => {
  const steps = await transcript("odradek");
  expect(steps.length).toBeGreaterThan(30);
  expectSameAnswers(moveScenario.name, steps, JSON.parse(readFileSync(file, "utf8")) as Step[]);
});
