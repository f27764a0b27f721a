import { expect, test } from "vitest";
import { createLogger } from "../../../src/io/node/node-logger.ts";
import { Lifecycle } from "../../../src/server/lifecycle.ts";

test("parts close in reverse, one after the other, once, and one that fails is told of and passed over", async () => {
  const lines: string[] = [];
  const lifecycle = new Lifecycle(createLogger({ format: "json", write: (line) => lines.push(line) }));
  const closed: string[] = [];
  lifecycle.add("log", () => void closed.push("log"));
  lifecycle.add("raft", () => {
    throw new Error("broken");
  });
  lifecycle.add("network", async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    closed.push("network");
  });
  await Promise.all([lifecycle.close(), lifecycle.close()]);
  expect(closed).toEqual(["network", "log"]);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: "error", msg: "Failed to close", part: "raft", error: { message: "broken" } },
  ]);
});
