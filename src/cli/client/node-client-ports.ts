import { nodeClock } from "../../io/node/node-clock.ts";
import { nodeNet } from "../../io/node/node-net.ts";
import { nodeRandom } from "../../io/node/node-random.ts";
import { nodeTimers } from "../../io/node/node-timers.ts";
import { type ClientPorts } from "./cluster.ts";

/** The real outside world, as far as a client needs it. */
export const nodeClientPorts: ClientPorts = {
  net: nodeNet,
  clock: nodeClock,
  timers: nodeTimers,
  random: nodeRandom,
};
