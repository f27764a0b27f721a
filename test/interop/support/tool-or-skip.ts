import { describe, test } from "vitest";
import { ToolMissing } from "../../support/run-tool.ts";

/**
 * Runs a suite that needs a tool of another ecosystem. On a machine without it the suite is skipped, with the reason in
 * its name; where `CI=true` that is a failure, since nobody would notice.
 */
export async function withTool<T>(name: string, prepare: () => Promise<T>, suite: (tool: T) => void): Promise<void> {
  let tool: T;
  try {
    tool = await prepare();
  } catch (error) {
    if (!(error instanceof ToolMissing)) throw error;
    if (process.env["CI"] !== "true") {
      // Vitest's reporters do not print the names of what they skip.
      process.stderr.write(`Skipped: ${name}: ${error.message}\n`);
      describe.skip(`${name} (skipped: ${error.message})`, () => void test(name, () => {}));
      return;
    }
    test(name, () => {
      throw error;
    });
    return;
  }
  suite(tool);
}
