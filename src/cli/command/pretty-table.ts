/** A table as some of Kafka's tools print it: columns as wide as what they hold, each followed by a tab. */
export function prettyTable(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [headers, ...rows]
    .map((row) => `${row.map((cell, column) => `${cell.padEnd(widths[column] ?? 0)}\t`).join("")}\n`)
    .join("");
}
