import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Finished {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions extends Pick<SpawnOptions, "cwd" | "env"> {
  readonly stdin?: string | Buffer;
  readonly timeoutMs?: number;
}

/** The folder of our command-line tools. */
export const toolsFolder = fileURLToPath(new URL("../../bin/", import.meta.url));

/** Children that must not outlive the test run, however it ends. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Runs a command to its end, whatever its exit code. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Finished> {
  const { stdin, timeoutMs = 180_000, ...spawnOptions } = options;
  const child = spawn(command, args, { ...spawnOptions, stdio: "pipe" });
  running.add(child);
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
  // A command that ends before it has read everything breaks the pipe; its exit code tells what happened.
  child.stdin.on("error", () => {});
  child.stdin.end(stdin);
  try {
    const [code] = (await once(child, "close")) as [number | null];
    return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() };
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

/** Runs one of our command-line tools, which must succeed, and gives its standard output. Some tell of errors and end with 0. */
export async function runTool(name: string, args: readonly string[], options?: RunOptions): Promise<string> {
  const { code, stdout, stderr } = await runProcess(join(toolsFolder, `${name}.sh`), args, options);
  if (code !== 0 || /\bERROR\b/.test(stderr))
    throw new Error(`${name} ended with ${code}\n${stdout.slice(-2_000)}${stderr.slice(-2_000)}`);
  return stdout;
}
