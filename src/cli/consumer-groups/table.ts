export interface Column<T> {
  readonly title: string;
  /** Shorter texts are padded to it; undefined for none. */
  readonly width: number | undefined;
  of(row: T): string;
}

/** What stands in a cell that has no value. */
export const missing = "-";

/** The lines of a table, with a heading. */
export function table<T>(columns: readonly Column<T>[], rows: readonly T[]): string[] {
  const line = (texts: readonly string[]): string =>
    texts.map((text, index) => text.padEnd(columns[index]?.width ?? 0)).join(" ");
  return [line(columns.map(({ title }) => title)), ...rows.map((row) => line(columns.map(({ of }) => of(row))))];
}

/** The width of a column that fits all its texts. */
export function widthOf(least: number, texts: readonly string[]): number {
  return texts.reduce((width, text) => Math.max(width, text.length), least);
}
