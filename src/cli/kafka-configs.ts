import { runAsProcess, runCommand } from "./command/run-command.ts";
import { configsCommand } from "./configs/configs-command.ts";

await runAsProcess((args, terminal) => runCommand(configsCommand, args, terminal));
