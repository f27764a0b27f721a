import { serveTasks } from "./io/node/worker-thread.ts";
import { tasks } from "./log/tasks.ts";

serveTasks(tasks);
