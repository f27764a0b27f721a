import { type Logger, type Ports } from "../ports.ts";
import { nodeClock } from "./node-clock.ts";
import { nodeCompute } from "./node-compute.ts";
import { nodeDisk } from "./node-disk.ts";
import { nodeLoopDelay } from "./node-loop-delay.ts";
import { nodeNet } from "./node-net.ts";
import { nodeRandom } from "./node-random.ts";
import { nodeTimers } from "./node-timers.ts";
import { nodeWorkers } from "./node-workers.ts";

/** The real outside world. */
export function nodePorts({ logger }: { logger: Logger }): Ports {
  return {
    clock: nodeClock,
    timers: nodeTimers,
    random: nodeRandom,
    disk: nodeDisk,
    net: nodeNet,
    compute: nodeCompute,
    workers: nodeWorkers,
    loopDelay: nodeLoopDelay,
    logger,
  };
}
