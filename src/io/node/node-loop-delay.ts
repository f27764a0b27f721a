import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import { type LoopDelay, type LoopDelaySample } from "../ports.ts";

/** How often the loop is asked to come by, ms: it is late by what it comes later. */
const resolutionMs = 10;

/** The event loop of this process. */
export const nodeLoopDelay: LoopDelay = {
  start() {
    const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
    histogram.enable();
    let longestGcMs = 0;
    const collections = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) longestGcMs = Math.max(longestGcMs, duration);
    });
    collections.observe({ entryTypes: ["gc"] });
    const lateMs = (nanoseconds: number): number => Math.max(0, nanoseconds / 1e6 - resolutionMs);
    return {
      read(): LoopDelaySample {
        // Nothing was recorded yet: the histogram's mean is NaN then.
        const isEmpty = histogram.count === 0;
        return {
          meanMs: isEmpty ? 0 : lateMs(histogram.mean),
          p50Ms: isEmpty ? 0 : lateMs(histogram.percentile(50)),
          p99Ms: isEmpty ? 0 : lateMs(histogram.percentile(99)),
          p999Ms: isEmpty ? 0 : lateMs(histogram.percentile(99.9)),
          maxMs: isEmpty ? 0 : lateMs(histogram.max),
        };
      },
      takeLongestGcMs(): number {
        const taken = longestGcMs;
        longestGcMs = 0;
        return taken;
      },
      stop(): void {
        histogram.disable();
        collections.disconnect();
      },
    };
  },
};
