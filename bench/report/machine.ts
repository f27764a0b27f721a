import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from "node:os";

function outputOf(file: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`.trim();
}

/** The commit of the sources; "+" behind it when they are not quite those. */
export function commitOf(root: string): string {
  const commit = outputOf("git", ["-C", root, "rev-parse", "--short", "HEAD"]);
  const isChanged = outputOf("git", ["-C", root, "status", "--porcelain", "--", "src", "bench/*.ts"]) !== "";
  return isChanged ? `${commit}+` : commit;
}

/** How far the system reads ahead on the disk of a folder; undefined when it does not say. */
function readAheadKilobytes(folder: string): number | undefined {
  const device = BigInt(statSync(folder).dev);
  const [major, minor] = [(device >> 8n) & 0xfffn, (device & 0xffn) | ((device >> 12n) & 0xfff00n)];
  try {
    return Number(readFileSync(`/sys/class/bdi/${major}:${minor}/read_ahead_kb`, "utf8"));
  } catch {
    return undefined;
  }
}

/** What a reader needs to know about the machine. */
export function machineFacts(folder = tmpdir()): string[] {
  const processor = cpus()[0]?.model.trim();
  const readAhead = readAheadKilobytes(folder);
  return [
    `${availableParallelism()} cores${processor === undefined ? "" : ` (${processor})`}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}` +
      (readAhead === undefined ? "" : `, disk read-ahead ${readAhead} KiB`),
    `Node ${process.version}; ${outputOf("java", ["-version"]).split("\n")[0] ?? "no Java"}`,
  ];
}
