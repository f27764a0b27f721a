import { runAsProcess, runCommand } from "./command/run-command.ts";
import { consoleConsumerCommand } from "./console-consumer/consumer-command.ts";

await runAsProcess((args, terminal) => runCommand(consoleConsumerCommand, args, terminal));
