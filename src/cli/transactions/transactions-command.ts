import { ArgumentError, type Arguments } from "../arguments/argument-table.ts";
import { GivenArguments } from "../arguments/given-arguments.ts";
import { misuse } from "../arguments/misuse.ts";
import { commandNamed, missingOf, parseUntilCommand } from "../arguments/parse-arguments.ts";
import { ClientError } from "../client/kafka-error.ts";
import { withAdmin } from "../client/admin/connect-admin.ts";
import { kafkaBuild } from "../command/run-command.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { commandArguments, transactionsArguments } from "./transactions-arguments.ts";
import { type TransactionsCommandName, transactionsHelp } from "./transactions-help.ts";
import { FailedAction } from "./failed-action.ts";
import { transactionsActions } from "./transactions-actions.ts";

const program = "kafka-transactions.sh";

/** kafka-transactions.sh; resolves with the exit code. */
export async function transactionsCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let name: TransactionsCommandName | "" = "";
  try {
    const { given, endedBy, command } = parseUntilCommand(transactionsArguments, args, true);
    if (endedBy === "version") {
      terminal.print(`${kafkaBuild}\n`);
      return 0;
    }
    if (endedBy !== undefined) return help("", terminal);
    const missing = missingOf(transactionsArguments, given);
    name = commandNamed(command[0], commandArguments);
    const parsed = parseUntilCommand(commandArguments[name], command.slice(1), false);
    if (parsed.endedBy !== undefined) return help(name, terminal);
    if (missing !== undefined) {
      name = "";
      throw missing;
    }
    const missingOfCommand = missingOf(commandArguments[name], parsed.given);
    if (missingOfCommand !== undefined) throw missingOfCommand;
    return await run(name, given, new GivenArguments(parsed.given), terminal);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    terminal.printError(misuse(program, transactionsHelp[name], error));
    return 1;
  }
}

/** The Java tool takes the end by its help as a failure. */
function help(name: keyof typeof transactionsHelp, terminal: Terminal): number {
  terminal.print(transactionsHelp[name]);
  return 1;
}

async function run(
  name: TransactionsCommandName,
  main: Arguments,
  given: GivenArguments,
  terminal: Terminal,
): Promise<number> {
  const client = {
    bootstrapServers: main.get("bootstrap-server")?.[0] ?? "",
    propertiesFile: main.get("command-config")?.[0],
    terminal,
  };
  try {
    return await withAdmin(client, async (admin) => {
      await transactionsActions[name](admin, given, terminal);
      return 0;
    });
  } catch (error) {
    if (error instanceof FailedAction) terminal.printError(`${error.message}\n`);
    else if (isUnreadable(error)) {
      terminal.printError(
        `Failed to load admin client properties: ${error.message}. Enable debug logging for additional detail.\n`,
      );
    } else terminal.printError(`Exception in thread "main" ${describeError(error as Error)}`);
    return 1;
  }
}

/** Of the properties file. */
function isUnreadable(error: unknown): error is ClientError {
  return error instanceof ClientError && error.kind.startsWith("java.");
}
