import { type Timers } from "../../io/ports.ts";
import { type ShardGate } from "./shard-gate.ts";
import { type OffloadedTask, type Operation } from "./turn.ts";

/** The long work of a shard, a step in each turn of the event loop; what comes of it is a turn of the shard again. */
export class OffloadedTasks<S, R> {
  readonly #timers: Timers;
  readonly #gate: Pick<ShardGate, "held">;
  readonly #run: (operation: Operation<S, R>) => void;
  readonly #running = new Set<OffloadedTask<S, R>>();

  constructor(timers: Timers, gate: Pick<ShardGate, "held">, run: (operation: Operation<S, R>) => void) {
    this.#timers = timers;
    this.#gate = gate;
    this.#run = run;
  }

  start(task: OffloadedTask<S, R>): void {
    this.#running.add(task);
    this.#goOn(task);
  }

  /** Nothing comes of what is under way. */
  clear(): void {
    this.#running.clear();
  }

  #goOn(task: OffloadedTask<S, R>): void {
    this.#timers.endOfTurn(() => this.#step(task));
  }

  #step(task: OffloadedTask<S, R>): void {
    if (!this.#running.has(task)) return;
    // In its place among those that wait: at the end of the turn the next transaction would have the shard again.
    if (this.#gate.held !== undefined) return void this.#gate.held.then(() => this.#step(task));
    const step = task.steps.next();
    if (step.done !== true) return this.#goOn(task);
    this.#running.delete(task);
    this.#run((turn) => task.onDone(turn, step.value));
  }
}
