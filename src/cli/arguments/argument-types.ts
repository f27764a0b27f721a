import { ArgumentError } from "./argument-table.ts";

const integers = {
  Short: { min: -(2 ** 15), max: 2 ** 15 - 1 },
  Integer: { min: -(2 ** 31), max: 2 ** 31 - 1 },
  Long: { min: -(2 ** 63), max: 2 ** 63 - 1 },
} as const;

export type NumberType = keyof typeof integers | "Double";

/**
 * Checks that a value is a number of its type, as the Java tools' parser does, and in its words.
 * @throws ArgumentError
 */
export function checkNumber(label: string, type: NumberType, value: string): void {
  const problem = problemWith(type, value);
  if (problem !== undefined)
    throw new ArgumentError(`argument ${label}: could not convert '${value}' to ${type} (${problem})`);
}

function problemWith(type: NumberType, value: string): string | undefined {
  if (type === "Double") {
    if (value.trim() === "") return "empty String";
    return Number.isNaN(Number(value)) ? `For input string: "${value}"` : undefined;
  }
  if (!/^[+-]?\d+$/.test(value)) return `For input string: "${value}"`;
  const { min, max } = integers[type];
  const number = Number(value);
  if (number >= min && number <= max) return undefined;
  // A short is read as an integer, whose range is looked at first.
  return type === "Short" && number >= integers.Integer.min && number <= integers.Integer.max
    ? `Value out of range. Value:"${value}" Radix:10`
    : `For input string: "${value}"`;
}
