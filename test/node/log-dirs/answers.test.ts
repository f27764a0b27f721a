import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "vitest";
import { expectSameAnswers } from "../../differential/compare.ts";
import { cordonScenario, moveScenario, oddLogDirsScenario } from "../../differential/scenarios/log-dirs.ts";
import { type Scenario, type Step, transcriptOf } from "../../differential/session.ts";
import { type TargetName } from "../../support/broker/target.ts";
import { recording } from "../../support/recording.ts";
import { brokerWith } from "./directories.ts";

const scenarios = [moveScenario, cordonScenario, oddLogDirsScenario];
const fileOf = ({ name }: Scenario) => new URL(`../../data/differential/${name}.json`, import.meta.url);
const isRecording = process.env["ODRADEK_RECORD"] === "kafka";

async function transcript(scenario: Scenario, target: TargetName): Promise<Step[]> {
  const { broker } = await brokerWith(["one", "two"], target);
  return transcriptOf(scenario, broker.port);
}

/** `ODRADEK_RECORD=kafka npx vitest run --project node log-dirs/answers` asks Apache Kafka itself, and keeps its answers. */
recording(isRecording, () => {
  test.each(scenarios)("$name", { timeout: 120_000 }, async (scenario) => {
    writeFileSync(fileOf(scenario), `${JSON.stringify(await transcript(scenario, "kafka"), null, 1)}\n`);
  });
});

describe.runIf(!isRecording)("answers as Kafka does", () => {
  test.each(scenarios)("$name", async (scenario) => {
    const kafkas = JSON.parse(readFileSync(fileOf(scenario), "utf8")) as Step[];
    expectSameAnswers(scenario.name, await transcript(scenario, "odradek"), kafkas);
  });
});
