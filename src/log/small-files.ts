import { type Disk, DiskError } from "../io/ports.ts";

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
