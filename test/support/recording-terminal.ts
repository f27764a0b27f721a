import { type LongWork, type TellDone } from "../../src/cli/command/status-line.ts";
import { type Terminal, ToolLog } from "../../src/cli/command/terminal.ts";

/** A command's streams in memory. */
export class RecordingTerminal implements Terminal {
  printed = "";
  complained = "";
  /** What the command told of its work. */
  readonly told: string[] = [];
  readonly input = (async function* (): AsyncGenerator<Buffer> {})();
  readonly isInteractive = false;
  readonly log = new ToolLog(
    (text) => this.printError(text),
    () => 0,
  );

  print(data: string | Buffer): boolean {
    this.printed += String(data);
    return true;
  }

  async drain(): Promise<void> {}

  printError(text: string): void {
    this.complained += text;
  }

  onInterrupt(): void {}

  track<T>({ what, total, unit }: LongWork, run: (tell: TellDone) => Promise<T>): Promise<T> {
    return run(async (done) => void this.told.push(`${what}: ${done} of ${total} ${unit}`));
  }
}
