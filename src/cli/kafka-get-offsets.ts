import { runAsProcess, runCommand } from "./command/run-command.ts";
import { getOffsetsCommand } from "./get-offsets/get-offsets-command.ts";

await runAsProcess((args, terminal) => runCommand(getOffsetsCommand, args, terminal));
