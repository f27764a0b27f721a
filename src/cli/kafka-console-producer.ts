import { runAsProcess, runCommand } from "./command/run-command.ts";
import { consoleProducerCommand } from "./console-producer/producer-command.ts";

await runAsProcess((args, terminal) => runCommand(consoleProducerCommand, args, terminal));
