import { afterAll, beforeAll, describe, it } from "vitest";
import { expectSameAnswers } from "../differential/compare.ts";
import { scenarios } from "../differential/scenarios.ts";
import { transcriptOf } from "../differential/session.ts";
import { TestBroker } from "../support/broker/test-broker.ts";
import { javaLibraries } from "../support/java-libraries.ts";
import { withTool } from "./support/tool-or-skip.ts";

await withTool("differential", javaLibraries, () => {
  describe("ours and Apache Kafka answer the same requests alike", () => {
    let ours: TestBroker;
    let kafka: TestBroker;

    beforeAll(async () => {
      ours = await TestBroker.start({ target: "odradek" });
      kafka = await TestBroker.start({ target: "kafka" });
    });
    afterAll(async () => {
      await ours?.remove();
      await kafka?.remove();
    });

    it.each(scenarios)("$name", async (scenario) => {
      const kafkas = await transcriptOf(scenario, kafka.port);
      expectSameAnswers(scenario.name, await transcriptOf(scenario, ours.port), kafkas);
    });
  });
});
