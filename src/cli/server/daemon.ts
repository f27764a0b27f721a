import { spawn } from "node:child_process";
import { mkdirSync, openSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Starts this command again in the background, where it outlives the terminal; its output goes to `kafkaServer.out`. */
export function startDaemon(args: readonly string[]): void {
  const script = realpathSync(process.argv[1] ?? "");
  // The command runs from `dist/cli` of the installation.
  const folder = process.env["LOG_DIR"] ?? join(dirname(script), "../../logs");
  mkdirSync(folder, { recursive: true });
  const output = openSync(join(folder, "kafkaServer.out"), "a");
  const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
    detached: true,
    stdio: ["ignore", output, output],
  });
  child.unref();
}
