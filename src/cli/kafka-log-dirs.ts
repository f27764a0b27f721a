import { runAsProcess, runCommand } from "./command/run-command.ts";
import { logDirsCommand } from "./log-dirs/log-dirs-command.ts";

await runAsProcess((args, terminal) => runCommand(logDirsCommand, args, terminal));
