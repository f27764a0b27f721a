import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";

/** Writes out the log files of a folder and drops them from the page cache (Node has no posix_fadvise; GNU dd does). */
export function dropLogsFromPageCache(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".log"))) {
    const file = `of=${join(folder, name)}`;
    const { status, stderr } = spawnSync("dd", [file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"]);
    if (status !== 0) throw new Error(`dd could not drop ${name} from the page cache: ${stderr?.toString() ?? ""}`);
  }
}

/** Reads the log files below a folder once. */
export function takeLogsIntoPageCache(folder: string): void {
  const buffer = Buffer.allocUnsafeSlow(1 << 20);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !entry.name.endsWith(".log")) continue;
    const descriptor = openSync(join(entry.parentPath, entry.name), "r");
    while (readSync(descriptor, buffer) > 0);
    closeSync(descriptor);
  }
}

/** Waits until everything that was written is on the disk. */
export function syncDisks(): void {
  spawnSync("sync");
}
