import { runAsProcess, runCommand } from "./command/run-command.ts";
import { consumerGroupsCommand } from "./consumer-groups/consumer-groups-command.ts";

await runAsProcess((args, terminal) => runCommand(consumerGroupsCommand, args, terminal));
