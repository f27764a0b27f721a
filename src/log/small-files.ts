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

/**
 * Replaces a file by one that is durable, off the event loop; its name is durable when its directory is synced too.
 *
 * @param isWanted asked when the text is on the device; false leaves the old file
 * @returns whether it was wanted
 */
export async function replaceFileAside(
  disk: Disk,
  path: string,
  text: string,
  isWanted: () => boolean,
): Promise<boolean> {
  // Not that of who replaces the file meanwhile: what a thread is writing must not get into that one.
  const temporary = `${path}.background.tmp`;
  const file = disk.open(temporary, "create");
  try {
    await file.writeAsync([Buffer.from(text)], 0);
    await file.syncAsync();
  } finally {
    file.close();
  }
  const isStillWanted = isWanted();
  if (isStillWanted) disk.rename(temporary, path);
  else disk.remove(temporary);
  return isStillWanted;
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
