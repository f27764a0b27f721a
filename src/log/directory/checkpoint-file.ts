import { type Disk, DiskError } from "../../io/ports.ts";

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

/** The text of a file; undefined when there is none. */
export function readTextIfThere(disk: Disk, path: string): string | undefined {
  try {
    return disk.readFile(path).toString();
  } catch (error) {
    if (error instanceof DiskError && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Replaces a file without waiting for the device: a process that is killed leaves the old or the new text, a machine that
 * loses power perhaps neither. `syncFile` makes it durable.
 */
export function replaceFile(disk: Disk, path: string, data: Buffer | string): void {
  const temporary = `${path}.tmp`;
  const file = disk.open(temporary, "create");
  try {
    file.write([Buffer.from(data)], 0);
  } finally {
    file.close();
  }
  disk.rename(temporary, path);
}

/** Makes the contents of a file durable; its name is durable when its directory is synced too. */
export function syncFile(disk: Disk, path: string): void {
  const file = disk.open(path, "readwrite");
  try {
    file.sync();
  } finally {
    file.close();
  }
}

/** As `syncFile`, without holding the event loop up. */
export async function syncFileAsync(disk: Disk, path: string): Promise<void> {
  const file = disk.open(path, "readwrite");
  try {
    await file.syncAsync();
  } finally {
    file.close();
  }
}
