import { runAsProcess } from "./command/run-command.ts";
import { verifiableConsumerCommand } from "./verifiable/verifiable-consumer-command.ts";

await runAsProcess(verifiableConsumerCommand);
