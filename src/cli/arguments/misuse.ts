import { unbreakablePieces } from "../options/help-text.ts";
import { type ArgumentError } from "./argument-table.ts";

const lineWidth = 75;

/** What the Java tools that follow argparse print when a command line is wrong: the usage out of the help, then why. */
export function misuse(program: string, help: string, { message, suggestions }: ArgumentError): string {
  const usage = help.split("\n\n")[0]?.trimEnd();
  const meant = suggestions.map((suggestion) => `\t${suggestion}\n`).join("");
  const question = meant === "" ? "" : `\nDid you mean:\n${meant}`;
  return `${usage}\n${justified(`${program}: error: ${message}`)}\n${question}`;
}

/** Breaks text into lines of the same width, all but the last, with more blanks where words are apart. */
function justified(text: string): string {
  const lines: string[] = [];
  let line = "";
  const pieces = unbreakablePieces(text).filter((piece) => piece !== "");
  for (const [index, piece] of pieces.entries()) {
    // The end of the line is part of the last piece.
    const width = index === pieces.length - 1 ? piece.length + 1 : piece.length;
    if (line.length + width > lineWidth) {
      lines.push(stretched(line));
      line = "";
    }
    line += piece;
  }
  lines.push(line);
  return lines.join("\n");
}

/** What is left over when each gap has got its share goes to the gaps in the middle. */
function stretched(line: string): string {
  const words = line.trim().split(/ +/);
  const gaps = words.length - 1;
  if (gaps === 0) return line.trim();
  const missing = lineWidth - line.trim().length;
  const [each, left] = [Math.floor(missing / gaps), missing % gaps];
  const first = Math.floor((gaps - left + 1) / 2);
  return words
    .map((word, index) => {
      if (index === gaps) return word;
      return word + " ".repeat(1 + each + (index >= first && index < first + left ? 1 : 0));
    })
    .join("");
}
