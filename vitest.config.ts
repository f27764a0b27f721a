import { defineConfig } from "vitest/config";

/** Brokers and JVMs share few cores: one file after the other. */
const oneByOne = { fileParallelism: false, sequence: { groupOrder: 1 } };

/** Files share what they import: to load it anew for each took half of the time. A file leaves nothing behind. */
const shared = { isolate: false, setupFiles: ["test/support/property-options.ts"] };

/** Suites by what they need: `npm test` = unit + node (only Node), `npm run check` = layers, `npm run interop` = interop. */
function suite(name: string, include: string[], testTimeout: number, more: object = {}) {
  return { test: { name, include, testTimeout, hookTimeout: testTimeout, ...more } };
}

/** Limits are for what hangs: a machine may be several times slower than another, and busy. */
export default defineConfig({
  test: {
    // A worker a core: they wait for brokers and timers much of the time.
    maxWorkers: "100%",
    projects: [
      suite("unit", ["test/unit/**/*.test.ts", "test/fuzz/**/*.test.ts", "test/sim/**/*.test.ts"], 60_000, shared),
      suite("node", ["test/node/**/*.test.ts"], 180_000),
      suite("layers", ["test/layers/**/*.test.ts"], 20_000),
      suite("interop", ["test/interop/**/*.test.ts"], 400_000, oneByOne),
    ],
  },
});
