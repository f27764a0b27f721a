import { type Terminal, ToolLog } from "../../src/cli/command/terminal.ts";

/** A command's streams in memory. */
export class RecordingTerminal implements Terminal {
  printed = "";
  complained = "";
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
}
