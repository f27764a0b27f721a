// `npm run check`: format, lint, types and layers, all four even when one fails, so that a person sees everything at once.
import { spawnSync } from "node:child_process";

const report = process.env.ODRADEK_CHECK_REPORT;
const steps = [
  ["format", ["oxfmt", "--check", "."]],
  ["lint", ["oxlint", "--deny-warnings"]],
  ["types", ["tsc", "--noEmit", "-p", "tsconfig.json"]],
  [
    "layers",
    [
      "vitest",
      "run",
      "--project",
      "layers",
      ...(report === undefined ? [] : ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`]),
    ],
  ],
];
const failed = steps.filter(([name, [command, ...args]]) => {
  const { status } = spawnSync(command, args, { stdio: "inherit", shell: process.platform === "win32" });
  console.log(`${name}: ${status === 0 ? "ok" : "FAILED"}`);
  return status !== 0;
});
process.exit(failed.length === 0 ? 0 : 1);
