import { runAsProcess, runCommand } from "./command/run-command.ts";
import { deleteRecordsCommand } from "./delete-records/delete-records-command.ts";

await runAsProcess((args, terminal) => runCommand(deleteRecordsCommand, args, terminal));
