import { runAsProcess } from "./command/run-command.ts";
import { consoleConsumerCommand } from "./console-consumer/consumer-command.ts";

await runAsProcess(consoleConsumerCommand);
