import { type Uuid } from "../base/brand.ts";
import { type TimerHandle, type Timers } from "../io/ports.ts";
import { type LogConfig } from "../log/log-config.ts";
import { type LocalReplicaState } from "../metadata/delta/local-replica-changes.ts";

interface RefusedReplica {
  readonly state: LocalReplicaState;
  config: LogConfig;
}

const retryMs = 1_000;
/** So many are tried in one turn of the event loop. */
const triedAtOnce = 50;

/** Replicas whose logs could not be opened because the system is short of descriptors or memory: they are tried again. */
export class RefusedReplicas {
  readonly #timers: Timers;
  readonly #retry: (state: LocalReplicaState, config: LogConfig) => void;
  readonly #refused = new Map<string, RefusedReplica>();
  #timer: TimerHandle | undefined;

  /** @param retry adds the replica again when it is refused again */
  constructor(timers: Timers, retry: (state: LocalReplicaState, config: LogConfig) => void) {
    this.#timers = timers;
    this.#retry = retry;
  }

  add(state: LocalReplicaState, config: LogConfig): void {
    this.#refused.set(keyOf(state.topicId, state.partition), { state, config });
    this.#timer ??= this.#timers.after(retryMs, () => this.#tryAgain());
  }

  /** It is here now, or is not wanted any more. */
  remove(topicId: Uuid, partition: number): void {
    if (this.#refused.size > 0) this.#refused.delete(keyOf(topicId, partition));
  }

  updateConfig(topic: string, config: LogConfig): void {
    for (const refused of this.#refused.values()) if (refused.state.topic === topic) refused.config = config;
  }

  close(): void {
    this.#timer?.cancel();
    this.#refused.clear();
  }

  #tryAgain(): void {
    this.#timer = undefined;
    const tried = [...this.#refused].slice(0, triedAtOnce);
    for (const [key] of tried) this.#refused.delete(key);
    for (const [, { state, config }] of tried) this.#retry(state, config);
    // Those that were refused again have set the timer; else there is room for more.
    if (this.#refused.size > 0) this.#timer ??= this.#timers.after(0, () => this.#tryAgain());
  }
}

function keyOf(topicId: Uuid, partition: number): string {
  return `${topicId}/${partition}`;
}
