import { expect, test } from "vitest";
import { runCommand } from "../../../../src/cli/command/run-command.ts";
import { dumpLogCommand } from "../../../../src/cli/dump-log/dump-log-command.ts";
import { RecordingTerminal } from "../../../support/recording-terminal.ts";

/** Both streams of the command as they show on one screen. */
class Screen extends RecordingTerminal {
  text = "";

  override print(data: string | Buffer): boolean {
    this.text += String(data);
    return super.print(data);
  }

  override printError(text: string): void {
    this.text += text;
    super.printError(text);
  }
}

test("a complaint stands behind the line of its file", async () => {
  const screen = new Screen();
  await runCommand(dumpLogCommand, ["--files", "meta.properties,other"], screen);
  expect(screen.text).toBe(
    [
      "Dumping meta.properties",
      "Ignoring unknown file meta.properties",
      "Dumping other",
      "Ignoring unknown file other",
      "",
    ].join("\n"),
  );
});
