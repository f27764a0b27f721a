import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";

/** Writes out the log files of a folder and drops them from the page cache (Node has no posix_fadvise; GNU dd does). */
export function dropLogsFromPageCache(folder: string): void {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".log"))) {
    const file = `of=${join(folder, name)}`;
    const { status, stderr } = spawnSync("dd", [file, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"]);
    if (status !== 0) throw new Error(`dd could not drop ${name} from the page cache: ${stderr?.toString() ?? ""}`);
  }
}

/** Waits until everything that was written is on the disk. */
export function syncDisks(): void {
  spawnSync("sync");
}
