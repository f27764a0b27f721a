import { runAsProcess } from "./command/run-command.ts";
import { consoleProducerCommand } from "./console-producer/producer-command.ts";

await runAsProcess(consoleProducerCommand);
