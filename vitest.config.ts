import { defineConfig } from "vitest/config";

/** Suites by what they need: `npm test` = unit + node (only Node), `npm run check` = layers, `npm run interop` = interop. */
function suite(name: string, include: string[], testTimeout: number) {
  return { test: { name, include, testTimeout, hookTimeout: testTimeout } };
}

export default defineConfig({
  test: {
    projects: [
      suite("unit", ["test/unit/**/*.test.ts", "test/fuzz/**/*.test.ts", "test/sim/**/*.test.ts"], 20_000),
      suite("node", ["test/node/**/*.test.ts"], 60_000),
      suite("layers", ["test/layers/**/*.test.ts"], 20_000),
      suite("interop", ["test/interop/**/*.test.ts"], 600_000),
    ],
  },
});
