import { runAsProcess } from "./command/run-command.ts";
import { transactionsCommand } from "./transactions/transactions-command.ts";

await runAsProcess(transactionsCommand);
