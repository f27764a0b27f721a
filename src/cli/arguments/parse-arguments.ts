import { ArgumentError, type Arguments, type ArgumentTable, MissingArgument } from "./argument-table.ts";
import { checkNumber } from "./argument-types.ts";
import { nearNames } from "./near-names.ts";

/** A command line as far as it was parsed. */
export interface ParsedArguments {
  readonly given: Arguments;
  /** The option that ended it. */
  readonly endedBy: string | undefined;
  /** What begins with a word that is no option, when that is a command; empty when there was none. */
  readonly command: readonly string[];
}

/**
 * Parses `--name value`, `--name=value`, unambiguous beginnings of names, `-n value`, `-nvalue` and clusters of flags.
 * @throws ArgumentError
 */
export function parseArguments(table: ArgumentTable, args: readonly string[]): Arguments {
  const { given } = parseUntilCommand(table, args, false);
  const missing = missingOf(table, given);
  if (missing !== undefined) throw missing;
  return given;
}

/**
 * Parses as far as the first word that is no option, which is a command when the tool has some; otherwise all.
 * @throws ArgumentError, but not for what is missing
 */
export function parseUntilCommand(
  table: ArgumentTable,
  args: readonly string[],
  hasCommands: boolean,
): ParsedArguments {
  const given = new Map<string, string[]>();
  const take = (name: string, values: readonly string[]): void => {
    checkGroup(table, name, given);
    for (const value of values) checkValue(table, name, value);
    const before = table[name]?.takes === "values" ? (given.get(name) ?? []) : [];
    given.set(name, [...before, ...values]);
  };
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (!isFlag(word)) {
      if (hasCommands) return { given, endedBy: undefined, command: args.slice(index) };
      throw new ArgumentError(unrecognized(args.slice(index).join(" ")));
    }
    const option = word.startsWith("--") ? longOption(table, word) : shortOption(table, word);
    if (option === undefined) throw new ArgumentError(unrecognized(word), optionsNear(table, word));
    for (const flag of option.flags) {
      take(flag, []);
      if (table[flag]?.ends === true) return { given, endedBy: flag, command: [] };
    }
    if (option.name === undefined) continue;
    if (option.value !== undefined) {
      take(option.name, [option.value]);
      continue;
    }
    const values = valuesAfter(args, index, table[option.name]?.takes === "list");
    if (values.length === 0) {
      const wanted = table[option.name]?.takes === "list" ? "1 argument(s)" : "one argument";
      throw new ArgumentError(`argument ${labelOf(table, option.name)}: expected ${wanted}`);
    }
    index += values.length;
    take(option.name, values);
  }
  return { given, endedBy: undefined, command: [] };
}

/** What is required and was not given. Kafka's tools name the last one that they declare. */
export function missingOf(table: ArgumentTable, given: Arguments): MissingArgument | undefined {
  const missing = Object.keys(table).findLast((name) => table[name]?.isRequired === true && !given.has(name));
  if (missing !== undefined) return new MissingArgument(`argument ${labelOf(table, missing)} is required`);
  for (const { group, isGroupRequired } of Object.values(table)) {
    if (isGroupRequired !== true) continue;
    const members = Object.keys(table).filter((name) => table[name]?.group === group);
    if (members.some((name) => given.has(name))) continue;
    const labels = members.map((name) => labelOf(table, name)).join(" ");
    return new MissingArgument(`one of the arguments ${labels} is required`);
  }
  return undefined;
}

/** Of these words, those up to the next option; only the first unless it is a list. */
function valuesAfter(args: readonly string[], index: number, isList: boolean): readonly string[] {
  const following = args.slice(index + 1);
  const end = following.findIndex(isFlag);
  const values = end < 0 ? following : following.slice(0, end);
  return isList ? values : values.slice(0, 1);
}

/** A dash alone and negative numbers are values. */
function isFlag(word: string): boolean {
  return word.startsWith("-") && word !== "-" && !/^-\d+(\.\d+)?$/.test(word);
}

function unrecognized(words: string): string {
  return `unrecognized arguments: '${words}'`;
}

/** Of a single letter nothing can be told. */
function optionsNear(table: ArgumentTable, word: string): string[] {
  const typed = word.replace(/^-+/, "");
  if (typed.length < 2) return [];
  return nearNames(
    typed,
    Object.keys(table).map((name) => ({ name, shown: `--${name}` })),
  );
}

/** The command that a word names, or begins as no other. @throws ArgumentError */
export function commandNamed<N extends string>(word: string | undefined, commands: Readonly<Record<N, unknown>>): N {
  if (word === undefined) throw new ArgumentError("too few arguments");
  const known = Object.keys(commands);
  const begun = known.filter((command) => command.startsWith(word));
  const named = known.includes(word) ? word : begun[0];
  if (named === word || (named !== undefined && begun.length === 1)) return named as N;
  if (begun.length > 1) throw new ArgumentError(`ambiguous command: ${word} could match ${begun.sort().join(", ")}`);
  const choices = known.map((command) => `'${command}'`).join(", ");
  throw new ArgumentError(
    `invalid choice: '${word}' (choose from ${choices})`,
    nearNames(
      word,
      known.map((name) => ({ name, shown: name })),
    ),
  );
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

function checkValue(table: ArgumentTable, name: string, value: string): void {
  const { type, choices } = table[name] ?? {};
  if (type !== undefined) checkNumber(labelOf(table, name), type, value);
  if (choices !== undefined && !choices.includes(String(type === undefined ? value : Number(value)))) {
    const label = labelOf(table, name);
    throw new ArgumentError(`argument ${label}: invalid choice: '${value}' (choose from {${choices.join(",")}})`);
  }
}

function labelOf(table: ArgumentTable, name: string): string {
  const short = table[name]?.short;
  return short === undefined ? `--${name}` : `--${name}/-${short}`;
}
