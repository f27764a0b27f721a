import { runAsProcess } from "./command/run-command.ts";
import { producerPerfCommand } from "./producer-perf/producer-perf-command.ts";

await runAsProcess(producerPerfCommand);
