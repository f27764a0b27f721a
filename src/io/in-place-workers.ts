import { DiskError, TaskError, type TaskPorts, type Workers } from "./ports.ts";

/** Runs tasks where they are asked for: for simulation, and for processes to which the worker's file did not come along. */
export function inPlaceWorkers(ports: TaskPorts): Workers {
  return {
    run: async (task, input, { signal, onReport } = {}) => {
      const job = {
        get isCancelled() {
          return signal?.aborted ?? false;
        },
        report: onReport ?? (() => undefined),
      };
      try {
        return await task.run(input, ports, job);
      } catch (error) {
        if (error instanceof DiskError) throw error;
        throw new TaskError(error instanceof Error ? error.message : String(error), { cause: error });
      }
    },
  };
}
