import { spawnSync } from "node:child_process";
import { availableParallelism, cpus, release, totalmem, type } from "node:os";

function outputOf(file: string, args: readonly string[]): string {
  const { stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
  return `${stdout ?? ""}${stderr ?? ""}`.trim();
}

/** What a reader needs to know about the machine and the moment. */
export function machineFacts(root: string): string[] {
  const processor = cpus()[0]?.model.trim();
  return [
    `date: ${new Date().toISOString().slice(0, 10)}`,
    `commit: ${outputOf("git", ["-C", root, "rev-parse", "--short", "HEAD"])}`,
    `machine: ${availableParallelism()} cores${processor === undefined ? "" : ` (${processor})`}, ` +
      `${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}`,
    `Node ${process.version}; ${outputOf("java", ["-version"]).split("\n")[0] ?? "no Java"}`,
  ];
}
