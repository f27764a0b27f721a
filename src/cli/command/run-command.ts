import { keepAlive } from "../../io/node/keep-alive.ts";
import { helpText } from "../options/help-text.ts";
import { OptionError, type OptionTable, UsageError } from "../options/option-table.ts";
import { type ParsedOptions, parseOptions } from "../options/parse-options.ts";
import { processTerminal, written } from "./process-terminal.ts";
import { describeError, type Terminal } from "./terminal.ts";

/** The release whose tools these are: what `--version` prints, and what runs behind the same names in Kafka. */
export const kafkaVersion = "4.3.0";
/** The same as the tools print it that follow argparse: with the commit that the release was made from. */
export const kafkaBuild = `${kafkaVersion} (Commit:a9ce3221537b8653)`;

/** One of Kafka's command-line tools. */
export interface Command<T extends OptionTable> {
  readonly options: T;
  /** The line above the help text. */
  readonly summary: string;
  /** The same when the command line is empty, where the tool words it differently. */
  readonly summaryWithoutArguments?: string;
  /** Whether a word that the parser does not know is followed by the help text. */
  readonly explainsParseErrors: boolean;
  /** What stands before the description of an error that the command did not handle itself. */
  errorPrefix(error: Error): string;
  /** All that is said of such an error, where it is not the prefix and the error's description. */
  errorText?(error: Error, args: readonly string[]): string;
  /** Resolves with the exit code. */
  run(options: ParsedOptions<T>, terminal: Terminal): Promise<number>;
}

/** Runs a command as the whole of this process: what it resolves with becomes the process's exit code. */
export async function runAsProcess(
  command: (args: readonly string[], terminal: Terminal) => Promise<number>,
): Promise<void> {
  const alive = keepAlive();
  const terminal = processTerminal();
  const code = await command(process.argv.slice(2), terminal);
  await terminal.drain();
  await written(process.stderr);
  alive.cancel();
  // Not `exitCode`: a broker that does not answer must not keep a command that has ended.
  process.exit(code);
}

/** Parses the command line and runs the command; resolves with the exit code. */
export async function runCommand<const T extends OptionTable>(
  command: Command<T>,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const usage = (message: string): number => {
    terminal.printError(`${message}\n${helpText(command.options)}`);
    return 1;
  };
  if (args.length === 0 && command.summaryWithoutArguments !== undefined) return usage(command.summaryWithoutArguments);
  try {
    const options = parse(command, args);
    if (args.length === 0 || options.has("help")) return usage(command.summary);
    if (options.has("version")) {
      terminal.print(`${kafkaVersion}\n`);
      return 0;
    }
    return await command.run(options, terminal);
  } catch (error) {
    if (error instanceof UsageError) return usage(error.message);
    const text = command.errorText?.(error as Error, args);
    terminal.printError(text ?? `${command.errorPrefix(error as Error)}${describeError(error as Error)}`);
    return 1;
  }
}

function parse<const T extends OptionTable>(command: Command<T>, args: readonly string[]): ParsedOptions<T> {
  try {
    return parseOptions(command.options, args);
  } catch (error) {
    throw error instanceof OptionError && command.explainsParseErrors ? new UsageError(error.message) : error;
  }
}
