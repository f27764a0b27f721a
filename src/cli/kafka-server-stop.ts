import { runAsProcess } from "./command/run-command.ts";
import { findServers } from "./server/find-servers.ts";
import { stopServers } from "./server/server-stop.ts";

const signal = `SIG${process.env["SIGNAL"] ?? "TERM"}`;
const kill = (pid: number, name: string) => void process.kill(pid, name);

await runAsProcess(async (args, terminal) => stopServers(args, signal, terminal, { findServers, kill }));
