import { runAsProcess, runCommand } from "./command/run-command.ts";
import { topicsCommand } from "./topics/topics-command.ts";

await runAsProcess((args, terminal) => runCommand(topicsCommand, args, terminal));
