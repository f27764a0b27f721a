import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type Java, type ToolResult } from "./java.ts";

/** One of Kafka's command-line tools, run again and again in one JVM: its start takes longer than most of the runs. */
export class JavaToolRunner {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  readonly #killAtExit = () => this.#child.kill("SIGKILL");

  constructor(java: Java, mainClass: string) {
    this.#child = spawn("java", [...java.arguments, "ToolRunner", mainClass], { stdio: "pipe" });
    this.#child.stderr.resume();
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    process.once("exit", this.#killAtExit);
  }

  /** Runs it to its end; one run at a time. An exception's stack is left out. */
  async run(args: readonly string[]): Promise<ToolResult> {
    this.#child.stdin.write(`${args.join("\t")}\n`);
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error("The Java tool ended");
    const [status, output = "", errors = ""] = (value as string).split("\t");
    const text = (base64: string) => Buffer.from(base64, "base64").toString();
    return {
      status: Number(status),
      output: text(output),
      errors: text(errors).replace(/^\s+at .*\n|^\s*\.\.\. \d+ more\n/gm, ""),
    };
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, "close");
    process.off("exit", this.#killAtExit);
  }
}
