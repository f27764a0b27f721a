import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { expectSameAnswers } from "../differential/compare.ts";
import { byBroker, scenarios } from "../differential/scenarios.ts";
import { transcriptOf, type Step } from "../differential/session.ts";
import { recording } from "../support/recording.ts";

/**
 * What Apache Kafka 4.3.0 answered to scripted requests; ours must answer the same. To record it again, start one and give
 * its port: `ODRADEK_RECORD_PORT=9092 npx vitest run --project node differential`. `npm run interop` compares the two live.
 * Scenarios with properties are recorded from a broker that has them.
 */
const folder = new URL("../data/differential/", import.meta.url);
const recordPort = process.env["ODRADEK_RECORD_PORT"];

const recorded = scenarios.filter(({ isSlow }) => isSlow !== true);
const fileOf = (name: string) => new URL(`${name}.json`, folder);

recording(recordPort !== undefined, () => {
  it.each(recorded)("$name", async (scenario) => {
    const steps = await transcriptOf(scenario, Number(recordPort));
    mkdirSync(folder, { recursive: true });
    writeFileSync(fileOf(scenario.name), `${JSON.stringify(steps, null, 1)}\n`);
  });
});

describe.runIf(recordPort === undefined).each(byBroker(recorded))("answers as Kafka does ($settings)", (group) => {
  let broker: Broker;
  beforeAll(async () => {
    broker = await startBroker({ config: group.properties });
  });
  afterAll(() => broker.close());

  it.each(group.scenarios)("$name", async (scenario) => {
    const kafkas = JSON.parse(readFileSync(fileOf(scenario.name), "utf8")) as Step[];
    expectSameAnswers(scenario.name, await transcriptOf(scenario, broker.port), kafkas);
  });
});
