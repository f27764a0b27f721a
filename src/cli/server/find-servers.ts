import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { parseProperties } from "../../config/properties.ts";

/** A running broker or controller of ours. */
export interface RunningServer {
  readonly pid: number;
  /** Undefined when its configuration cannot be read from here. */
  readonly nodeId: string | undefined;
  readonly roles: readonly string[];
}

interface Process {
  readonly pid: number;
  readonly args: readonly string[];
  /** Undefined where the system does not tell. */
  readonly folder: string | undefined;
}

/** The scripts that run a server in their own process. */
const serverScripts = new Set(["kafka-server-start.cjs", "odradek.cjs", "odradek"]);

/** Every server of ours that runs on this machine. */
export function findServers(): RunningServer[] {
  return processes().flatMap(({ pid, args, folder }) => {
    const script = args.findIndex((arg) => serverScripts.has(basename(arg)));
    // The script is the first argument of node that is no option of node's own.
    const isServer = script > 0 && /^node(js)?$/.test(basename(args[0] ?? "")) && pid !== process.pid;
    const before = args.slice(1, script);
    if (!isServer || before.some((arg) => !arg.startsWith("-")) || args[script + 1] === "-daemon") return [];
    const properties = configurationOf(args[script]!, args.slice(script + 1), folder);
    const roles = (properties.get("process.roles") ?? "").split(",").map((role) => role.trim());
    return [{ pid, nodeId: properties.get("node.id") ?? properties.get("broker.id"), roles }];
  });
}

function configurationOf(script: string, args: readonly string[], folder = "."): Map<string, string> {
  const properties = new Map<string, string>();
  const file = args.find((arg, index) => !arg.startsWith("-") && args[index - 1] !== "--override");
  try {
    const path = file === undefined ? ownConfiguration(resolve(folder, script)) : resolve(folder, file);
    for (const [name, value] of parseProperties(readFileSync(path, "utf8"))) properties.set(name, value);
  } catch {
    // The server runs all the same; it is only not found by its role or id.
  }
  args.forEach((arg, index) => {
    const override = arg === "--override" ? args[index + 1] : /^--override=(.*)$/s.exec(arg)?.[1];
    const equals = override?.indexOf("=") ?? -1;
    if (override !== undefined && equals > 0) properties.set(override.slice(0, equals), override.slice(equals + 1));
  });
  return properties;
}

/** What a server that was given no file takes: it lies beside the script's folder, wherever that is linked from. */
function ownConfiguration(script: string): string {
  return join(dirname(realpathSync(script)), "../config/server.properties");
}

function processes(): Process[] {
  try {
    const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    if (pids.length > 0) return pids.flatMap(procProcess);
  } catch {
    // Not Linux.
  }
  const table = execFileSync("ps", ["-axo", "pid=,args="], { encoding: "utf8" });
  return table.split("\n").flatMap((line) => {
    const match = /^\s*(\d+)\s+(.*)$/.exec(line);
    return match === null ? [] : [{ pid: Number(match[1]), args: (match[2] ?? "").split(/\s+/), folder: undefined }];
  });
}

function procProcess(pid: string): Process[] {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
    return [{ pid: Number(pid), args, folder: readlinkSync(`/proc/${pid}/cwd`) }];
  } catch {
    // It ended in the meantime, or belongs to someone else.
    return [];
  }
}
