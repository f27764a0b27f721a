import { runAsProcess } from "./command/run-command.ts";
import { verifiableProducerCommand } from "./verifiable/verifiable-producer-command.ts";

await runAsProcess(verifiableProducerCommand);
