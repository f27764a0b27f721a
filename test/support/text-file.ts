/** The file of the first steps: 100,000 lines of many lengths, some beyond ASCII, some of them empty. */
export const lineCount = 100_000;

export const lines: readonly string[] = Array.from({ length: lineCount }, (_, index) =>
  index % 1_000 === 999 ? "" : `${index} ${"·x✓"[index % 3]?.repeat(index % 113)}`,
);

export const textFile = lines.map((line) => `${line}\n`).join("");
