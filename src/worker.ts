import { serveTasks } from "./io/node/serve-tasks.ts";
import { tasks } from "./log/tasks.ts";

serveTasks(tasks);
