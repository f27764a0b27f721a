import { type Disk, type DiskDirectory } from "../../io/ports.ts";

const cleanShutdownName = ".kafka_cleanshutdown";

/**
 * The file that says that all logs of a log directory were closed in good order. It also has the epoch that the broker was
 * registered with, which tells the controller so (KIP-966).
 */
export function writeCleanShutdown(disk: Disk, logDirectory: string, brokerEpoch: number): void {
  disk.writeFileAtomic(`${logDirectory}/${cleanShutdownName}`, JSON.stringify({ version: 0, brokerEpoch }));
}

/** What the last shutdown left; undefined when it was a crash. */
export function readCleanShutdown(disk: Disk, logDirectory: string): { brokerEpoch: number | undefined } | undefined {
  const path = `${logDirectory}/${cleanShutdownName}`;
  return disk.exists(path) ? { brokerEpoch: parseBrokerEpoch(disk.readFile(path).toString()) } : undefined;
}

/**
 * Takes the file away, so that a crash from now on is one. That is made durable even where there is none: an earlier start
 * may have taken it away and not come so far.
 * @param names of the log directory
 */
export function removeCleanShutdown(disk: Disk, logDirectory: string, names: Pick<DiskDirectory, "sync">): void {
  const path = `${logDirectory}/${cleanShutdownName}`;
  if (disk.exists(path)) disk.remove(path);
  names.sync();
}

function parseBrokerEpoch(text: string): number | undefined {
  try {
    const content: unknown = JSON.parse(text);
    if (typeof content !== "object" || content === null || !("brokerEpoch" in content)) return undefined;
    return typeof content.brokerEpoch === "number" ? content.brokerEpoch : undefined;
  } catch {
    return undefined;
  }
}
