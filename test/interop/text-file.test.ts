import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { runTool as runOurTool } from "../support/run-process.ts";
import { runTool } from "../support/run-tool.ts";
import { preparePython } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

const script = fileURLToPath(new URL("python/kafka_python_lines.py", import.meta.url));
const topic = "text";
const lines = Array.from({ length: 100_000 }, (_, index) => `${index} ${"zażółć ".repeat(index % 17)}`.trimEnd());
const file = lines.map((line) => `${line}\n`).join("");

await withTool("a text file of 100,000 lines", preparePython, (python) => {
  describe("a text file of 100,000 lines", () => {
    let broker: TestBroker;
    beforeAll(async () => {
      broker = await TestBroker.start();
      const args = ["--bootstrap-server", broker.bootstrap, "--topic", topic];
      await runOurTool("kafka-topics", [...args, "--create"]);
      await runOurTool("kafka-console-producer", args, { stdin: file });
    });
    afterAll(() => broker?.remove());

    test.each(["at once", "after kill -9"])("comes back identical from kafka-python %s", async (when) => {
      if (when === "after kill -9") await broker.restart("kill -9");
      const output = await runTool(python, [script, broker.bootstrap, topic, String(lines.length)]);
      // Not toBe: the difference of two such texts takes minutes to print.
      expect(output === file).toBe(true);
    });
  });
});
