import { spawn } from "node:child_process";
import { trackProcess } from "./cleanup.ts";

/**
 * Runs a program to its end and resolves with its standard output, of which `onOutput` is told as it comes.
 * @throws Error with what it said when it fails or takes too long
 */
export function runTool(
  file: string,
  args: readonly string[],
  timeoutMs: number,
  onOutput?: (text: string) => void,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, timeout: timeoutMs });
    trackProcess(child);
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(output);
      const said = `${errors}${output}`.trim().split("\n").slice(-10).join("\n");
      reject(new Error(`\`${file} ${args.slice(0, 4).join(" ")} …\` ended with ${code ?? signal}: ${said}`));
    });
  });
}
