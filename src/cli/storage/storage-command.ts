import { randomUuid } from "../../base/uuid.ts";
import { nodeRandom } from "../../io/node/node-random.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { ArgumentError, type Arguments } from "../arguments/argument-table.ts";
import { misuse } from "../arguments/misuse.ts";
import { parseArguments } from "../arguments/parse-arguments.ts";
import { storageArguments } from "./storage-arguments.ts";
import { storageHelp, type StorageCommandName } from "./storage-help.ts";

/** kafka-storage.sh; resolves with the exit code. */
export async function storageCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...rest] = args;
  if (name === "-h" || name === "--help") return help("", terminal);
  if (name === undefined) return misused("", "too few arguments", terminal);
  if (!isCommand(name)) {
    const known = Object.keys(storageArguments).map((command) => `'${command}'`);
    return misused("", `invalid choice: '${name}' (choose from ${known.join(", ")})`, terminal);
  }
  if (rest.some((arg) => arg === "-h" || arg === "--help")) return help(name, terminal);
  let given: Arguments;
  try {
    given = parseArguments(storageArguments[name], rest);
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    return misused(name, error.message, terminal);
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

function isCommand(name: string): name is StorageCommandName {
  return Object.hasOwn(storageArguments, name);
}

function help(name: keyof typeof storageHelp, terminal: Terminal): number {
  terminal.print(storageHelp[name]);
  return 0;
}

function misused(name: keyof typeof storageHelp, message: string, terminal: Terminal): number {
  terminal.printError(misuse("kafka-storage", storageHelp[name], message));
  return 1;
}
