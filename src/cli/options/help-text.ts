import { type OptionSpec, type OptionTable } from "./option-table.ts";

const widthMax = 80;
const gap = 2;
const continuationIndent = "  ";

interface Row {
  readonly option: string;
  readonly description: string;
}

/** The two columns that the Java tools print for `--help` and after a usage error, every line padded to the same width. */
export function helpText(table: OptionTable): string {
  const heading = Object.values(table).some(({ isRequired }) => isRequired) ? "Option (* = required)" : "Option";
  const rows: Row[] = [
    { option: heading, description: "Description" },
    { option: "-".repeat(heading.length), description: "-----------" },
    ...Object.entries(table)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, spec]) => ({
        option: `${spec.isRequired ? "* " : ""}${signatureOf(name, spec)}`,
        description: descriptionOf(spec),
      })),
  ];
  const optionWidth = Math.min((widthMax - gap) / 2, widest(rows.map(({ option }) => option)));
  const descriptionWidth = Math.min(widthMax - optionWidth - gap, widest(rows.map((row) => row.description)));
  const lines = rows.flatMap((row) => linesOf(row, optionWidth, descriptionWidth));
  // The columns are as wide as what came of the breaking.
  const [left, right] = [widest(lines.map(({ option }) => option)), widest(lines.map((line) => line.description))];
  return lines
    .map(({ option, description }) => `${option.padEnd(left)}${" ".repeat(gap)}${description.padEnd(right)}\n`)
    .join("");
}

function widest(texts: readonly string[]): number {
  return Math.max(...texts.map((text) => text.length));
}

/** An option as the help text lists it: `--topic <String: topic>`. */
export function signatureOf(name: string, spec: OptionSpec): string {
  if (spec.argument === undefined) return `--${name}`;
  const type = spec.type ?? "String";
  const argument = spec.placeholder === undefined ? type : `${type}: ${spec.placeholder}`;
  return `--${name} ${spec.argument === "required" ? `<${argument}>` : `[${argument}]`}`;
}

function descriptionOf({ description, default: value }: OptionSpec): string {
  return value === undefined ? description : `${description} (default: ${value})`;
}

function linesOf({ option, description }: Row, optionWidth: number, descriptionWidth: number): Row[] {
  const left = wrap(option, optionWidth);
  const right = wrap(description, descriptionWidth);
  const lines = Array.from({ length: Math.max(left.length, right.length) });
  return lines.map((_, index) => ({ option: left[index] ?? "", description: right[index] ?? "" }));
}

function wrap(text: string, width: number): string[] {
  return text
    .trim()
    .split("\n")
    .flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const unit of unbreakablePieces(line)) {
    if (piece.length + unit.length > width) {
      pieces.push(piece.trimEnd());
      piece = continuationIndent;
    }
    piece += unit;
  }
  if (piece !== "") pieces.push(piece);
  return pieces;
}

/** The pieces of a line between which it may be broken. */
export function unbreakablePieces(line: string): readonly string[] {
  return line.match(unbreakable) ?? [];
}

/**
 * A stretch of text that is not broken across lines. It approximates the rules of Java's line breaker, which breaks after
 * blanks, hyphens and most punctuation, and before an opening bracket:
 * opening characters, a minus before a number or a bracket, a word (an apostrophe or a decimal point is part of it), closing
 * characters and hyphens, blanks.
 */
const unbreakable =
  /(?<=\d)>(?: *\t| *)|(?:-(?=\())?(?:'(?=[([{])|[$([{"])*(?:-(?=\d))?(?:(?!(?<=\d)>)[^\s$([{")\]}.,:;!?%-]|(?<=\d)[.,](?=\d)|[.,:;!?%)-]+(?=')|[([{]+(?=[)\]}]))*(?:[)\]}.,:;!?%"]|-(?![\d(]))*(?: *\t| *)|./g;
