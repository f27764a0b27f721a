import { type Disk } from "../io/ports.ts";

/** Has `remove` remove files, in an order that a crash may end anywhere. */
export type Removal = (remove: (path: string) => void) => void;

/**
 * Does the removal off the event loop, one file behind the other. The log's directory may get another name while the system
 * removes a file: what is left is then looked for there.
 */
export async function removeAside(disk: Disk, removal: Removal): Promise<void> {
  for (let former: string | undefined; ;) {
    const paths: string[] = [];
    removal((path) => paths.push(path));
    const asked = paths.join("\n");
    if (paths.length === 0 || asked === former) return;
    for (const path of paths) await disk.removeAsync(path);
    former = asked;
  }
}

/** Has the removal done once a delay has passed; sooner when the broker stops. */
export type RemoveLater = (removal: Removal, delayMs: number) => void;
