const currentVersion = "0";

/**
 * Kafka's checkpoint files are text: the version (0), the number of entries, an entry a line, each line ended. Undefined
 * when the text is not that, or `parseEntry` returned undefined for a line.
 */
export function parseCheckpoint<T>(text: string, parseEntry: (fields: string[]) => T | undefined): T[] | undefined {
  const [version, count, ...lines] = text.split("\n");
  if (version !== currentVersion || lines.pop() !== "" || Number(count) !== lines.length) return undefined;
  const entries: T[] = [];
  for (const line of lines) {
    const entry = parseEntry(line.split(" "));
    if (entry === undefined) return undefined;
    entries.push(entry);
  }
  return entries;
}

export function formatCheckpoint(lines: readonly string[]): string {
  return [currentVersion, lines.length, ...lines, ""].join("\n");
}

/** A field that is an integer, not negative; undefined when it is something else. */
export function parseNatural(field: string | undefined): number | undefined {
  return field !== undefined && /^\d+$/.test(field) ? Number(field) : undefined;
}
