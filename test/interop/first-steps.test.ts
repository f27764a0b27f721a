import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { TestBroker } from "../support/broker/test-broker.ts";
import { runProcess, runTool } from "../support/run-process.ts";
import { lineCount, textFile } from "../support/text-file.ts";
import { preparePython } from "./support/python.ts";
import { withTool } from "./support/tool-or-skip.ts";

const script = fileURLToPath(new URL("python/read_lines.py", import.meta.url));
const topic = "first-steps";

await withTool("first steps with kafka-python", preparePython, (python) => {
  describe("a text file of 100,000 lines from kafka-console-producer.sh", () => {
    let broker: TestBroker;
    beforeAll(async () => {
      broker = await TestBroker.start();
      const server = ["--bootstrap-server", broker.bootstrap];
      await runTool("kafka-topics", [...server, "--create", "--topic", topic]);
      await runTool("kafka-console-producer", [...server, "--topic", topic], { stdin: textFile });
    });
    afterAll(async () => broker?.remove());

    test.each(["at once", "after kill -9"])("comes back identical from kafka-python %s", async (when) => {
      if (when === "after kill -9") await broker.restart("kill -9");
      const { code, stdout, stderr } = await runProcess(python, [script, broker.bootstrap, topic, String(lineCount)]);
      expect([code, stderr]).toEqual([0, ""]);
      // Not toBe: the difference of two such texts takes minutes to print.
      expect(stdout === textFile).toBe(true);
    });
  });
});
