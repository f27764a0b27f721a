/** One configuration key is one literal: parsing, validation, DescribeConfigs and the documentation derive from it. */

export type ConfigType = "BOOLEAN" | "STRING" | "INT" | "SHORT" | "LONG" | "DOUBLE" | "LIST" | "CLASS" | "PASSWORD";
export type Importance = "HIGH" | "MEDIUM" | "LOW";
/** Whether and how a broker key can change while the broker runs. */
export type UpdateMode = "read-only" | "per-broker" | "cluster-wide";

export type ConfigValue = boolean | string | number | readonly string[];

/** A refused value, worded as Kafka words it. It stops a start, or is answered with INVALID_CONFIG. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Values that are allowed each by itself, and not together. */
export class RequirementError extends ConfigError {}

export interface ConfigKey<T = ConfigValue | null> {
  readonly type: ConfigType;
  /** null when there is none. */
  readonly default: T;
  /** Returns what is wrong with a parsed value, or undefined. */
  readonly check?: Check | undefined;
  readonly importance: Importance;
  readonly update: UpdateMode;
  /** Not listed by DescribeConfigs unless set. */
  readonly internal?: boolean;
  /** The broker does not start without it. */
  readonly required?: boolean;
}

export interface Check {
  /** What is allowed, as Kafka prints it in its documentation. */
  readonly allowed: string;
  /** Entries of a list that are repeated are dropped before the others are looked at. */
  readonly dropsRepetitions?: true;
  /** The full message when `value` is refused. */
  readonly problem: (name: string, value: ConfigValue, type: ConfigType) => string | undefined;
}

export interface KeyOptions {
  readonly check?: Check;
  readonly importance: Importance;
  readonly update?: UpdateMode;
  readonly internal?: boolean;
  readonly required?: boolean;
}

function key<T>(type: ConfigType, defaultValue: T, options: KeyOptions): ConfigKey<T> {
  return {
    type,
    default: defaultValue,
    check: options.check,
    importance: options.importance,
    update: options.update ?? "read-only",
    internal: options.internal ?? false,
    required: options.required ?? false,
  };
}

type Widen<T> = T extends null ? null : T extends number ? number : T extends boolean ? boolean : string;
/** The value's type; null stays in it only when there is no default. */
type Valued<T, D> = D extends null ? T | null : T;

export const boolean = <const D extends boolean | null>(value: D, options: KeyOptions) =>
  key("BOOLEAN", value as Valued<boolean, Widen<D>>, options);
export const string = <const D extends string | null>(value: D, options: KeyOptions) =>
  key("STRING", value as Valued<string, Widen<D>>, options);
export const int = <const D extends number | null>(value: D, options: KeyOptions) =>
  key("INT", value as Valued<number, Widen<D>>, options);
export const short = <const D extends number | null>(value: D, options: KeyOptions) =>
  key("SHORT", value as Valued<number, Widen<D>>, options);
export const long = <const D extends number | null>(value: D, options: KeyOptions) =>
  key("LONG", value as Valued<number, Widen<D>>, options);
export const double = <const D extends number | null>(value: D, options: KeyOptions) =>
  key("DOUBLE", value as Valued<number, Widen<D>>, options);
export const classes = <const D extends string | null>(value: D, options: KeyOptions) =>
  key("CLASS", value as Valued<string, Widen<D>>, options);
export const password = (value: null, options: KeyOptions) => key<string | null>("PASSWORD", value, options);
export const list = <const D extends readonly string[] | null>(value: D, options: KeyOptions) =>
  key("LIST", value as D extends null ? readonly string[] | null : readonly string[], options);

/** Java's Long.MAX_VALUE as the nearest double; printed and encoded as Long.MAX_VALUE again. */
export const longMax = 2 ** 63;

function refused(name: string, value: ConfigValue, reason: string, type?: ConfigType): string {
  const text = Array.isArray(value) ? `[${value.join(", ")}]` : formatValue(value, type);
  return `Invalid value ${text} for configuration ${name}: ${reason}`;
}

/** A number's lower and upper limit, both inclusive. */
export function between(min: number, max: number): Check {
  return {
    allowed: `[${min},...,${max}]`,
    problem: (name, value, type) => {
      if (typeof value !== "number") return undefined;
      if (value < min) return refused(name, value, `Value must be at least ${min}`, type);
      return value > max ? refused(name, value, `Value must be no more than ${max}`, type) : undefined;
    },
  };
}

export function atLeast(min: number): Check {
  return { ...between(min, Infinity), allowed: `[${min},...]` };
}

/** The level of gzip: its own scale, or -1 for the library's choice. */
export const gzipLevel: Check = {
  allowed: "[1,...,9] or -1",
  problem: (name, value) =>
    typeof value === "number" && value !== -1 && (value < 1 || value > 9)
      ? refused(name, value, "Value must be between 1 and 9 or equal to -1")
      : undefined,
};

export function oneOf(...values: string[]): Check {
  return {
    allowed: `[${values.join(", ")}]`,
    problem: (name, value) =>
      typeof value === "string" && !values.includes(value)
        ? refused(name, value, `String must be one of: ${values.join(", ")}`)
        : undefined,
  };
}

export function oneOfIgnoringCase(...values: string[]): Check {
  const lower = values.map((value) => value.toLowerCase());
  return {
    allowed: `(case insensitive) [${values.join(", ")}]`,
    problem: (name, value) =>
      typeof value === "string" && !lower.includes(value.toLowerCase())
        ? refused(name, value, `String must be one of (case insensitive): ${values.join(", ")}`)
        : undefined,
  };
}

/** A list of which the repeated entries are dropped: none is empty, and each is of `values` when any are given. */
export function listOf(...values: string[]): Check {
  const allowed = `[${values.join(", ")}]`;
  return {
    allowed: values.length === 0 ? "" : allowed,
    dropsRepetitions: true,
    problem: (name, value) => {
      if (!Array.isArray(value)) return undefined;
      const entries = value as readonly string[];
      const odd = entries.find((entry) => entry === "" || (values.length > 0 && !values.includes(entry)));
      if (odd === "") return `Configuration '${name}' values must not be empty.`;
      return odd === undefined ? undefined : refused(name, odd, `String must be one of: ${values.join(", ")}`);
    },
  };
}

/** As `listOf`, and with at least one entry. */
export function nonEmptyListOf(...values: string[]): Check {
  const inner = listOf(...values);
  return {
    allowed: inner.allowed,
    dropsRepetitions: true,
    problem: (name, value, type) =>
      Array.isArray(value) && value.length === 0
        ? `Configuration '${name}' must not be empty. Valid values include: ${values.length === 0 ? "any non-empty value" : inner.allowed}`
        : inner.problem(name, value, type),
  };
}

const hostPortPattern = /^.*?\[?[0-9a-zA-Z\-%._:]*\]?:[0-9]+$/;

/** Addresses of servers, each with its port. */
export const hostPortList: Check = {
  allowed: "",
  problem: (name, value) => {
    const odd = Array.isArray(value) ? value.find((entry) => !hostPortPattern.test(entry as string)) : undefined;
    return odd === undefined
      ? undefined
      : `Failed to parse host name from ${odd} for the configuration ${name}. Each entry should be in the form "{host}:{port}"`;
  },
};

export const nonEmptyString: Check = {
  allowed: "non-empty string",
  problem: (name, value) => (value === "" ? refused(name, value, "String must be non-empty") : undefined),
};

const replicaPattern = /^(\d+:\d+)?$/;

/** The replicas under a replication throttle: `*`, or pairs of partition and broker. */
export const throttledReplicas: Check = {
  allowed: "[partitionId]:[brokerId],[partitionId]:[brokerId],...",
  problem: (name, value) => {
    if (!Array.isArray(value)) return undefined;
    const entries = (value as readonly string[]).map((entry) => entry.trim());
    return entries.join("") === "*" || entries.every((entry) => replicaPattern.test(entry))
      ? undefined
      : refused(
          name,
          value,
          `${name} must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...`,
        );
  },
};

const integerLimits: Partial<Record<ConfigType, readonly [bigint, bigint]>> = {
  INT: [-(2n ** 31n), 2n ** 31n - 1n],
  SHORT: [-(2n ** 15n), 2n ** 15n - 1n],
  LONG: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** What Java's `Double.parseDouble` takes. No digit can be matched in two ways: a long text would be tried in all of them. */
const doublePattern = /^[+-]?(NaN|Infinity|(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?[dDfF]?)$/;
const hexDoublePattern = /^([+-]?)0[xX]([\da-fA-F]*)(?:\.([\da-fA-F]*))?[pP]([+-]?\d+)[dDfF]?$/;

/**
 * The typed value of a key's text, checked.
 * @throws ConfigError naming key, value and what is allowed
 */
export function parseValue(name: string, definition: ConfigKey, text: string): ConfigValue {
  const { value } = parseEntries(name, definition, text);
  const problem = definition.check?.problem(name, value, definition.type);
  if (problem !== undefined) throw new ConfigError(problem);
  return value;
}

/** What Kafka says of repeated entries, which it drops; undefined when there are none. */
export function repetitionWarning(name: string, definition: ConfigKey, text: string | undefined): string | undefined {
  if (text === undefined || definition.check?.dropsRepetitions !== true) return undefined;
  const { value, given } = parseEntries(name, definition, text);
  if (!Array.isArray(value) || !Array.isArray(given) || value.length === given.length) return undefined;
  return `Configuration key "${name}" contains duplicate values. Duplicates will be removed. The original value is: [${given.join(", ")}], the updated value is: [${value.join(", ")}]`;
}

function parseEntries(name: string, definition: ConfigKey, text: string): { value: ConfigValue; given: ConfigValue } {
  const given = parseText(name, definition.type, text);
  const isSet = Array.isArray(given) && definition.check?.dropsRepetitions === true;
  return { value: isSet ? [...new Set(given)] : given, given };
}

function parseText(name: string, type: ConfigType, text: string): ConfigValue {
  const trimmed = text.trim();
  switch (type) {
    case "BOOLEAN": {
      const lower = trimmed.toLowerCase();
      if (lower !== "true" && lower !== "false") {
        throw new ConfigError(refused(name, text, "Expected value to be either true or false"));
      }
      return lower === "true";
    }
    case "STRING":
    case "CLASS":
    case "PASSWORD":
      return trimmed;
    case "LIST":
      return trimmed === "" ? [] : trimmed.split(",").map((part) => part.trim());
    case "DOUBLE": {
      const value = doubleOf(trimmed);
      if (value === undefined) throw new ConfigError(refused(name, text, "Not a number of type DOUBLE"));
      return value;
    }
    case "INT":
    case "SHORT":
    case "LONG": {
      const limits = integerLimits[type];
      const whole = /^[+-]?\d+$/.test(trimmed) ? BigInt(trimmed.replace(/^\+/, "")) : undefined;
      if (whole === undefined || limits === undefined || whole < limits[0] || whole > limits[1]) {
        throw new ConfigError(refused(name, text, `Not a number of type ${type}`));
      }
      return Number(whole);
    }
  }
}

function doubleOf(text: string): number | undefined {
  if (doublePattern.test(text)) return Number(text.replace(/[dDfF]$/, ""));
  const [, sign, whole = "", fraction = "", exponent] = hexDoublePattern.exec(text) ?? [];
  if (whole + fraction === "") return undefined;
  const size = parseInt(whole + fraction, 16) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -size : size;
}

/** A value as Kafka prints it: lists joined by commas, doubles as Java writes them, the ends of the longs in full. */
export function formatValue(value: ConfigValue, type?: ConfigType): string {
  if (typeof value === "number") {
    if (type === "DOUBLE") return formatDouble(value);
    if (Math.abs(value) >= longMax && Number.isFinite(value)) {
      return value > 0 ? "9223372036854775807" : "-9223372036854775808";
    }
    return String(value);
  }
  return Array.isArray(value) ? value.join(",") : String(value);
}

/** Java's Double.toString. */
function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
    const [mantissa = "", exponent = "0"] = value.toExponential().split("e");
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
