import { type Workers } from "../../src/io/ports.ts";

/** For what is too small to be given to a thread. */
export const unusedWorkers: Workers = {
  run: ({ name }) => Promise.reject(new Error(`nobody expects the task ${name} here`)),
};
