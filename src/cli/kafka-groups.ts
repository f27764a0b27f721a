import { runAsProcess, runCommand } from "./command/run-command.ts";
import { groupsCommand } from "./groups/groups-command.ts";

await runAsProcess((args, terminal) => runCommand(groupsCommand, args, terminal));
