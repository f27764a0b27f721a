import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createInterface } from "node:readline";
import { type OperationName, type Operations, type TestClient } from "../../support/clients/test-client.ts";

const operationTimeoutMs = 300_000;

interface Pending {
  resolve(output: never): void;
  reject(error: Error): void;
}

/**
 * A client in a program of another language. One line of JSON goes in for each operation
 * (`{"operation": "produce", "input": {…}}`), one comes out (`{"output": {…}}` or `{"error": "…"}`); the program ends with
 * its standard input. Lines that are no JSON objects are its log.
 */
export class ProgramClient implements TestClient {
  readonly #name: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #exited: Promise<void>;
  readonly #killAtExit = () => this.#child.kill("SIGKILL");
  #pending: Pending | undefined;
  #log: string[] = [];

  constructor(command: string, args: readonly string[], options: { readonly cwd?: string } = {}) {
    this.#name = [command, ...args].at(-1)!;
    this.#child = spawn(command, args, { cwd: options.cwd, stdio: "pipe" });
    process.once("exit", this.#killAtExit);
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#read(line));
    createInterface({ input: this.#child.stderr }).on("line", (line) => this.#keep(line));
    // Writing to a program that has ended; its exit tells more.
    this.#child.stdin.on("error", () => {});
    this.#exited = new Promise((resolve) => {
      const gone = (why: string) => {
        this.#fail(`it ended (${why})`);
        resolve();
      };
      this.#child.once("error", (error) => gone(error.message));
      this.#child.once("close", (code, signal) => gone(String(code ?? signal)));
    });
  }

  run<N extends OperationName>(
    operation: N,
    input: Operations[N]["input"] & { readonly bootstrap: string },
  ): Promise<Operations[N]["output"]> {
    if (this.#pending !== undefined) throw new Error("one operation at a time");
    return new Promise<Operations[N]["output"]>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#fail(`${operation} took more than ${operationTimeoutMs} ms`);
        this.#child.kill("SIGKILL");
      }, operationTimeoutMs);
      this.#pending = {
        resolve: (output) => (clearTimeout(timer), resolve(output)),
        reject: (error) => (clearTimeout(timer), reject(error)),
      };
      this.#log = [];
      if (this.#child.exitCode !== null) return this.#fail(`it ended (${this.#child.exitCode})`);
      this.#child.stdin.write(`${JSON.stringify({ operation, input })}\n`);
    });
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#exited;
    clearTimeout(timer);
    process.off("exit", this.#killAtExit);
  }

  #read(line: string): void {
    if (!line.startsWith('{"output":') && !line.startsWith('{"error":')) return this.#keep(line);
    const answer = JSON.parse(line) as { output: never } | { error: string };
    const pending = this.#pending;
    if ("error" in answer) return this.#fail(answer.error);
    this.#pending = undefined;
    pending?.resolve(answer.output);
  }

  #fail(why: string): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.reject(new Error([`${this.#name}: ${why}`, ...this.#log].join("\n")));
  }

  #keep(line: string): void {
    this.#log.push(line);
    if (this.#log.length > 40) this.#log.shift();
  }
}
