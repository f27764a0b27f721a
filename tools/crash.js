// `npm run crash [-- kills]`: the crash tests with many more kills under load (50) than `npm test` has time for.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const kills = process.argv[2] ?? "50";
if (!/^\d+$/.test(kills)) {
  const isHelp = kills === "--help";
  console[isHelp ? "log" : "error"](
    `npm run crash [-- kills]: how many times to kill (50 by default)${isHelp ? "" : `, not "${kills}"`}`,
  );
  process.exit(isHelp ? 0 : 1);
}
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const { status } = spawnSync(process.execPath, [vitest, "run", "--project", "node", "test/node/crash"], {
  cwd: root,
  stdio: "inherit",
  env: { ...process.env, ODRADEK_KILLS: kills },
});
process.exit(status ?? 1);
