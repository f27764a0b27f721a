import { spawn } from "node:child_process";

/** A tool of another ecosystem is not on this machine, or could not install what it needs. */
export class ToolMissing extends Error {
  override readonly name = "ToolMissing";
  /** It is there, and what it did failed: another time it may succeed. */
  readonly isThere: boolean;

  constructor(message: string, isThere: boolean) {
    super(message);
    this.isThere = isThere;
  }
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

const installTimeoutMs = 540_000;

/**
 * Runs a command of a tool to its end and resolves with its standard output.
 * @throws ToolMissing when it is not there, fails or takes too long
 */
export function runTool(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? installTimeoutMs,
    });
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.once("error", (error: NodeJS.ErrnoException) => {
      reject(new ToolMissing(error.code === "ENOENT" ? `${command} is not on the PATH` : error.message, false));
    });
    child.once("close", (code, signal) => {
      if (code === 0) return resolve(output);
      const said = `${errors}${output}`.trim().split("\n").slice(-10).join("\n");
      const line = `${command} ${args.slice(0, 3).join(" ")}`;
      reject(new ToolMissing(`\`${line} …\` ended with ${code ?? signal}: ${said}`, true));
    });
  });
}
