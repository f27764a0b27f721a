import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

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

/** What a reader needs to know about the machine. */
export function machineFacts(): string[] {
  const processor = cpus()[0]?.model.trim();
  return [
    `${availableParallelism()} cores${processor === undefined ? "" : ` (${processor})`}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `Node ${process.version}; ${outputOf("java", ["-version"]).split("\n")[0] ?? "no Java"}`,
  ];
}
