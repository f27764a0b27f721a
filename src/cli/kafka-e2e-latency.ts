import { runAsProcess } from "./command/run-command.ts";
import { e2eLatencyTool } from "./e2e-latency/e2e-latency-command.ts";

await runAsProcess(e2eLatencyTool);
