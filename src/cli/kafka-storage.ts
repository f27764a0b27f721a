import { runAsProcess } from "./command/run-command.ts";
import { storageCommand } from "./storage/storage-command.ts";

await runAsProcess(storageCommand);
