import { runAsProcess, runCommand } from "./command/run-command.ts";
import { consumerPerfCommand } from "./consumer-perf/consumer-perf-command.ts";

await runAsProcess((args, terminal) => runCommand(consumerPerfCommand, args, terminal));
