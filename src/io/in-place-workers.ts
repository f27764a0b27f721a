import { type TaskPorts, type Workers } from "./ports.ts";

/** Runs tasks where they are asked for: for simulation, and for processes to which the worker's file did not come along. */
export function inPlaceWorkers(ports: TaskPorts): Workers {
  return {
    run: async (task, input, { signal, onReport } = {}) =>
      task.run(input, ports, {
        get isCancelled() {
          return signal?.aborted ?? false;
        },
        report: (report) => onReport?.(report),
      }),
  };
}
