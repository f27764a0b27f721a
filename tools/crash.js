// `npm run crash [-- kills]`: the crash tests with many more kills under load (50) than `npm test` has time for.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "node", "test/node/crash"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ODRADEK_KILLS: process.argv[2] ?? "50" },
});
process.exit(status ?? 1);
