import { runAsProcess, runCommand } from "./command/run-command.ts";
import { dumpLogCommand } from "./dump-log/dump-log-command.ts";

await runAsProcess((args, terminal) => runCommand(dumpLogCommand, args, terminal));
