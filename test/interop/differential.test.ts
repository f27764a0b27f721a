import { afterAll, beforeAll, describe, it } from "vitest";
import { expectSameAnswers } from "../differential/compare.ts";
import { byBroker, scenarios } from "../differential/scenarios.ts";
import { transcriptOf } from "../differential/session.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { javaLibraries } from "../support/java-libraries.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("differential", javaLibraries, () => {
  describe.each(byBroker(scenarios))("ours and Apache Kafka answer the same requests alike ($settings)", (group) => {
    let ours: TestBroker;
    let kafka: TestBroker;

    beforeAll(async () => {
      const { properties } = group;
      ours = await TestBroker.start({ target: "odradek", properties });
      kafka = await TestBroker.start({ target: "kafka", properties });
    });
    afterAll(async () => {
      await ours?.remove();
      await kafka?.remove();
    });

    it.each(group.scenarios)("$name", async (scenario) => {
      const kafkas = await transcriptOf(scenario, kafka.port, (how) => kafka.restart(how));
      expectSameAnswers(scenario.name, await transcriptOf(scenario, ours.port, (how) => ours.restart(how)), kafkas);
    });
  });
});
