import { performance } from "node:perf_hooks";
import { type Clock } from "../ports.ts";

export const nodeClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
