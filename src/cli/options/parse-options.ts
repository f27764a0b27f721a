import { OptionError, type OptionTable } from "./option-table.ts";

/** The options that take a number get numbers, all others text. */
type ValueOf<T extends OptionTable, K extends keyof T> = T[K] extends { type: "Integer" | "Long" } ? number : string;

const integerMax = 2 ** 31 - 1;

/** A parsed command line: what was given for each option of `table`, in the order given. */
export class ParsedOptions<T extends OptionTable> {
  readonly #table: T;
  readonly #given: ReadonlyMap<string, readonly string[]>;

  constructor(table: T, given: ReadonlyMap<string, readonly string[]>) {
    this.#table = table;
    this.#given = given;
  }

  has(name: keyof T & string): boolean {
    return this.#given.has(name);
  }

  /** Every value that was given for an option that may be repeated. */
  all(name: keyof T & string): readonly string[] {
    return this.#given.get(name) ?? [];
  }

  /**
   * Every value that was given for an option, typed.
   * @throws OptionError when one is not of the option's type
   */
  values<K extends keyof T & string>(name: K): ValueOf<T, K>[] {
    return this.all(name).map((text) => this.#typed(name, text));
  }

  /**
   * The one value of an option, or its default. Checked here and not by the parser, so that a script complains about an
   * argument only when it comes to use it, as the Java tools do.
   * @throws OptionError when it was given twice, or is not of the option's type
   */
  value<K extends keyof T & string>(name: K): ValueOf<T, K> | undefined {
    const spec = this.#table[name];
    const values = this.all(name);
    if (values.length > 1) {
      throw new OptionError(
        "MultipleArgumentsForOption",
        `Found multiple arguments for option ${name}, but you asked for only one`,
      );
    }
    const value = values[0] ?? spec?.default;
    if (value === undefined || typeof value === "number") return value as ValueOf<T, K> | undefined;
    return this.#typed(name, value);
  }

  #typed<K extends keyof T & string>(name: K, text: string): ValueOf<T, K> {
    const type = this.#table[name]?.type;
    return (type === "Integer" || type === "Long" ? toNumber(name, text, type) : text) as ValueOf<T, K>;
  }
}

function toNumber(name: string, text: string, type: "Integer" | "Long"): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  const max = type === "Integer" ? integerMax : 2 ** 63;
  // Negated, so that NaN fails too.
  if (!(value >= -max - 1 && value <= max))
    throw new OptionError("OptionArgumentConversion", `Cannot parse argument '${text}' of option ${name}`);
  return value;
}

/**
 * Parses a command line by the rules of the Java tools: `--name value`, `--name=value`, one dash in place of two, no
 * abbreviations, a required value may begin with a dash, words that are no options are ignored, `--` ends the options.
 * @throws OptionError for an option that the script does not have, or one whose value is missing
 */
export function parseOptions<const T extends OptionTable>(table: T, args: readonly string[]): ParsedOptions<T> {
  const given = new Map<string, string[]>();
  for (let index = 0; index < args.length; index++) {
    const word = args[index] ?? "";
    if (word === "--") break;
    if (!looksLikeOption(word)) continue;
    const { name, inlineValue } = split(table, word);
    const values = given.get(name) ?? [];
    given.set(name, values);
    const { argument } = table[name] ?? {};
    if (argument === undefined) continue;
    if (inlineValue !== undefined) {
      values.push(inlineValue);
      continue;
    }
    const next = args[index + 1];
    if (argument === "required" && next === undefined)
      throw new OptionError("OptionMissingRequiredArgument", `Option ${name} requires an argument`);
    if (next === undefined || (argument === "optional" && looksLikeOption(next))) continue;
    values.push(next);
    index++;
  }
  if (!given.has("help") && !given.has("version")) checkPresence(table, given);
  return new ParsedOptions(table, given);
}

function checkPresence(table: OptionTable, given: ReadonlyMap<string, unknown>): void {
  const specs = Object.entries(table);
  const missing = specs.filter(([name, { isRequired }]) => isRequired && !given.has(name)).map(([name]) => name);
  if (missing.length > 0)
    throw new OptionError("MissingRequiredOptions", `Missing required option(s) [${missing.join(", ")}]`);
  const stray = specs
    .filter(([name, { goesWith }]) => given.has(name) && goesWith?.every((other) => !given.has(other)))
    .map(([name]) => name);
  if (stray.length > 0)
    throw new OptionError(
      "UnavailableOption",
      `Option(s) [${stray.join(", ")}] are unavailable given other options on the command line`,
    );
}

function looksLikeOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}

function split(table: OptionTable, word: string): { name: string; inlineValue: string | undefined } {
  const body = word.replace(/^--?/, "");
  const equals = body.indexOf("=");
  const name = equals < 0 ? body : body.slice(0, equals);
  if (!Object.hasOwn(table, name)) {
    // After a single dash the words of the Java tools' parser are a cluster of one-letter options, of which none exist.
    throw new OptionError(
      "UnrecognizedOption",
      `${word.startsWith("--") ? name : body.charAt(0)} is not a recognized option`,
    );
  }
  return { name, inlineValue: equals < 0 ? undefined : body.slice(equals + 1) };
}
