import { runAsProcess } from "./command/run-command.ts";
import { topicsCommand } from "./topics/topics-command.ts";

await runAsProcess(topicsCommand);
