import { randomUuid } from "../../base/uuid.ts";
import { nodeRandom } from "../../io/node/node-random.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { ArgumentError, type Arguments, type ArgumentTable } from "../arguments/argument-table.ts";
import { misuse } from "../arguments/misuse.ts";
import { commandNamed, parseArguments, parseUntilCommand } from "../arguments/parse-arguments.ts";
import { storageArguments } from "./storage-arguments.ts";
import { storageHelp, type StorageCommandName } from "./storage-help.ts";

/** Before the command. */
const ownArguments = { help: { short: "h", takes: "nothing", ends: true } } as const satisfies ArgumentTable;

/** kafka-storage.sh; resolves with the exit code. */
export async function storageCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let name: StorageCommandName | "" = "";
  let given: Arguments;
  try {
    const { endedBy, command } = parseUntilCommand(ownArguments, args, true);
    if (endedBy !== undefined) return help("", terminal);
    const [word, ...rest] = command;
    name = commandNamed(word, storageArguments);
    if (rest.some((arg) => arg === "-h" || arg === "--help")) return help(name, terminal);
    given = parseArguments(storageArguments[name], rest);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    terminal.printError(misuse("kafka-storage", storageHelp[name], error));
    return 1;
  }
  if (name === "random-uuid") {
    terminal.print(`${randomUuid(nodeRandom)}\n`);
    return 0;
  }
  try {
    // Loaded only here: the configuration's tables are large, and a new cluster id needs none of them.
    const { storageActions } = await import("./storage-actions.ts");
    return storageActions[name](given, terminal);
  } catch (error) {
    const { name: kind, message } = error as Error;
    if (kind === "FormatError") terminal.printError(`${message}\n`);
    else if (kind === "ConfigError") {
      terminal.printError(`Exception in thread "main" org.apache.kafka.common.config.ConfigException: ${message}\n`);
    } else terminal.printError(`Exception in thread "main" ${describeError(error as Error)}`);
    return 1;
  }
}

function help(name: keyof typeof storageHelp, terminal: Terminal): number {
  terminal.print(storageHelp[name]);
  return 0;
}
