/** One command of a scenario: `verb word key=value ...`, values with spaces in double quotes. */
export interface Command {
  readonly verb: string;
  readonly words: readonly string[];
  readonly options: ReadonlyMap<string, string>;
}

export function parseCommand(line: string): Command {
  const tokens = [...line.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([token]) => token.replaceAll('"', ""));
  const [verb = "", ...rest] = tokens;
  const options = new Map<string, string>();
  const words: string[] = [];
  for (const token of rest) {
    const equals = token.indexOf("=");
    if (equals > 0) options.set(token.slice(0, equals), token.slice(equals + 1));
    else words.push(token);
  }
  return { verb, words, options };
}

/** "500", "500ms", "3s", "2m", "1h", "7d" in ms. */
export function durationMs(text: string): number {
  const match = /^(\d+)(ms|s|m|h|d)?$/.exec(text);
  if (match === null) throw new Error(`no duration: ${text}`);
  const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? "ms"]!;
  return Number(match[1]) * unitMs;
}
