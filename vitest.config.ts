import { defineConfig } from "vitest/config";

/** Brokers and JVMs share few cores: one file after the other. */
const oneByOne = { fileParallelism: false };

/** Suites by what they need: `npm test` = unit + node (only Node), `npm run check` = layers, `npm run interop` = interop. */
function suite(name: string, include: string[], testTimeout: number, more: object = {}) {
  return { test: { name, include, testTimeout, hookTimeout: testTimeout, ...more } };
}

export default defineConfig({
  test: {
    projects: [
      suite("unit", ["test/unit/**/*.test.ts", "test/fuzz/**/*.test.ts", "test/sim/**/*.test.ts"], 20_000),
      suite("node", ["test/node/**/*.test.ts"], 60_000),
      suite("layers", ["test/layers/**/*.test.ts"], 20_000),
      suite("interop", ["test/interop/**/*.test.ts"], 180_000, oneByOne),
    ],
  },
});
