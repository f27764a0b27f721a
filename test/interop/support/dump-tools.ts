import { expect } from "vitest";
import { runCommand } from "../../../src/cli/command/run-command.ts";
import { dumpLogCommand } from "../../../src/cli/dump-log/dump-log-command.ts";
import { RecordingTerminal } from "../../support/recording-terminal.ts";
import { type ToolResult } from "./java.ts";
import { type JavaToolRunner } from "./java-tool-runner.ts";

export const dumpTool = "org.apache.kafka.tools.DumpLogSegments";

/** Our kafka-dump-log.sh, in this process. */
export async function ourDump(args: readonly string[]): Promise<ToolResult> {
  const terminal = new RecordingTerminal();
  const status = await runCommand(dumpLogCommand, args, terminal);
  return { status, output: terminal.printed, errors: terminal.complained };
}

/** Runs both tools, which must print the same, and gives what they print. */
export async function bothDump(kafkas: JavaToolRunner, args: readonly string[]): Promise<ToolResult> {
  // Ours first: it changes nothing, Kafka's cuts an index to whole entries.
  const ours = await ourDump(args);
  const theirs = await kafkas.run(args);
  // Compared as a truth value first: the difference of two long texts takes minutes.
  if (ours.output !== theirs.output) expect(firstDifference(ours, theirs)).toBe(`same, ${args.join(" ")}`);
  expect({ args, ...ours }).toEqual({ args, ...theirs });
  return theirs;
}

/** Where two results part, in short. */
export function firstDifference(ours: ToolResult, theirs: ToolResult): string {
  const [our, their] = [ours, theirs].map(({ status, output, errors }) => [
    ...output.split("\n"),
    ...errors.split("\n"),
    String(status),
  ]);
  const line = our!.findIndex((text, index) => text !== their![index]);
  const shown = (lines: readonly string[]) => lines.slice(line, line + 2).map((text) => text.slice(0, 1_000));
  return `\n  ours:    ${shown(our!).join("\n           ")}\n  Kafka's: ${shown(their!).join("\n           ")}`;
}
