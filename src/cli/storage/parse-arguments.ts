/** An option of one command, in the style of Python's argparse, which Kafka's storage tool follows. */
export interface ArgumentSpec {
  readonly short: string;
  readonly takes: "nothing" | "value" | "values";
  readonly isRequired?: boolean;
  /** Only one of the options that name the same group may be given. */
  readonly group?: string;
}

export type ArgumentTable = Readonly<Record<string, ArgumentSpec>>;

/** What was given, by long name without the dashes; a flag has an empty list. */
export type Arguments = ReadonlyMap<string, readonly string[]>;

/** The command line is wrong; the usage is printed before the message. */
export class ArgumentError extends Error {
  override readonly name = "ArgumentError";
}

/**
 * Parses `--name value`, `--name=value`, unambiguous beginnings of names, `-n value`, `-nvalue` and clusters of flags.
 * @throws ArgumentError
 */
export function parseArguments(table: ArgumentTable, args: readonly string[]): Arguments {
  const given = new Map<string, string[]>();
  const unknown: string[] = [];
  const take = (name: string, value: string | undefined): void => {
    checkGroup(table, name, given);
    const values = table[name]?.takes === "values" ? (given.get(name) ?? []) : [];
    given.set(name, value === undefined ? values : [...values, value]);
  };
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    const option = word.startsWith("--") ? longOption(table, word) : shortOption(table, word);
    if (option === undefined) {
      unknown.push(word);
      continue;
    }
    for (const flag of option.flags) take(flag, undefined);
    if (option.name === undefined) continue;
    const value = option.value ?? args[++index];
    if (value === undefined || (option.value === undefined && /^-./.test(value))) {
      throw new ArgumentError(`argument ${labelOf(table, option.name)}: expected one argument`);
    }
    take(option.name, value);
  }
  if (unknown.length > 0) throw new ArgumentError(`unrecognized arguments: '${unknown.join(" ")}'`);
  // Kafka's tool names them in the reverse order of their declaration.
  for (const [name, { isRequired }] of Object.entries(table).reverse()) {
    if (isRequired === true && !given.has(name))
      throw new ArgumentError(`argument ${labelOf(table, name)} is required`);
  }
  return given;
}

interface FoundOption {
  readonly flags: readonly string[];
  /** The option that takes a value. */
  readonly name: string | undefined;
  /** When it stands in the same word. */
  readonly value: string | undefined;
}

function longOption(table: ArgumentTable, word: string): FoundOption | undefined {
  const equals = word.indexOf("=");
  const typed = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const value = equals < 0 ? undefined : word.slice(equals + 1);
  const matches = Object.keys(table).filter((name) => name.startsWith(typed));
  const name = matches.find((candidate) => candidate === typed) ?? matches[0];
  if (name === undefined || typed === "") return undefined;
  if (name !== typed && matches.length > 1) {
    const candidates = matches.sort().map((candidate) => `--${candidate}`);
    throw new ArgumentError(`ambiguous option: --${typed} could match ${candidates.join(", ")}`);
  }
  if (table[name]?.takes !== "nothing") return { flags: [], name, value };
  if (value !== undefined)
    throw new ArgumentError(`argument ${labelOf(table, name)}: ignored explicit argument '${value}'`);
  return { flags: [name], name: undefined, value: undefined };
}

function shortOption(table: ArgumentTable, word: string): FoundOption | undefined {
  if (!word.startsWith("-")) return undefined;
  const flags: string[] = [];
  for (let at = 1; at < word.length; at++) {
    const name = Object.keys(table).find((candidate) => table[candidate]?.short === word.charAt(at));
    if (name === undefined) return undefined;
    if (table[name]?.takes !== "nothing") return { flags, name, value: word.slice(at + 1) || undefined };
    flags.push(name);
  }
  return { flags, name: undefined, value: undefined };
}

function checkGroup(table: ArgumentTable, name: string, given: Arguments): void {
  const group = table[name]?.group;
  if (group === undefined) return;
  for (const other of given.keys()) {
    if (other !== name && table[other]?.group === group) {
      throw new ArgumentError(`argument ${labelOf(table, name)}: not allowed with argument ${labelOf(table, other)}`);
    }
  }
}

function labelOf(table: ArgumentTable, name: string): string {
  return `--${name}/-${table[name]?.short}`;
}
