import { randomUuid } from "../../base/uuid.ts";
import { nodeRandom } from "../../io/node/node-random.ts";
import { describeError, type Terminal } from "../command/terminal.ts";
import { ArgumentError, type Arguments, parseArguments } from "./parse-arguments.ts";
import { storageArguments } from "./storage-arguments.ts";
import { storageHelp, type StorageCommandName } from "./storage-help.ts";

const lineWidth = 75;

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

/** The first paragraph of the help, then what is wrong. */
function misused(name: keyof typeof storageHelp, message: string, terminal: Terminal): number {
  const usage = storageHelp[name].split("\n\n")[0]?.trimEnd();
  terminal.printError(`${usage}\n${wrap(`kafka-storage: error: ${message}`)}\n`);
  return 1;
}

function wrap(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= lineWidth) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}
