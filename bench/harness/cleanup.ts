import { type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Everything that must not outlive the benchmark: processes by group, and temporary folders. */
const processes = new Set<ChildProcess>();
const folders = new Set<string>();
/** A process that was killed may still be making a file. */
const removal = { recursive: true, force: true, maxRetries: 20, retryDelay: 50 };

export function trackProcess(child: ChildProcess): void {
  processes.add(child);
  child.once("exit", () => processes.delete(child));
}

/** Signals a child that was started `detached`, with all that it has started. */
export function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It ended just now.
  }
}

export function temporaryFolder(parent: string | undefined): string {
  const folder = mkdtempSync(join(parent ?? tmpdir(), "odradek-bench-"));
  folders.add(folder);
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, removal);
  folders.delete(folder);
}

function cleanUp(): void {
  for (const child of processes) signalGroup(child, "SIGKILL");
  for (const folder of folders) rmSync(folder, removal);
}

export function cleanUpAtExit(): void {
  process.once("exit", cleanUp);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
}
