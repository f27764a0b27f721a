import { nextTurn } from "../../../io/next-turn.ts";
import { type ClientPorts } from "../cluster.ts";

/** Sleeps are not worth it below this. */
const sleepMsMin = 2;
/** How long other work may wait while records are made. */
const turnMs = 2;

/** Holds a loop that sends to a number of records a second, and lets the rest of the process have its turns. */
export class Throttle {
  readonly #ports: ClientPorts;
  readonly #perSecond: number;
  readonly #startMs: number;
  #owedMs = 0;
  #turnStartMs: number;

  /** @param perSecond below 0 for as many as can be */
  constructor(ports: ClientPorts, perSecond: number) {
    this.#ports = ports;
    this.#perSecond = perSecond;
    this.#startMs = ports.clock.wallMs();
    this.#turnStartMs = ports.clock.monotonicMs();
  }

  /** Undefined when the loop may go on at once; otherwise resolves when it may. */
  after(count: number, sentMs: number): Promise<void> | undefined {
    const elapsedMs = sentMs - this.#startMs;
    if (this.#perSecond >= 0 && elapsedMs > 0 && (count / elapsedMs) * 1000 > this.#perSecond) return this.#rest();
    return this.#ports.clock.monotonicMs() - this.#turnStartMs > turnMs ? this.#yield() : undefined;
  }

  async #rest(): Promise<void> {
    // Nothing is ever due at 0 a second.
    if (this.#perSecond === 0) return new Promise(() => {});
    this.#owedMs += 1000 / this.#perSecond;
    if (this.#owedMs < sleepMsMin) return this.#yield();
    const { clock, timers } = this.#ports;
    const startMs = clock.monotonicMs();
    await new Promise<void>((resolve) => void timers.after(this.#owedMs, resolve));
    // What was slept too long is owed by the next sleeps.
    this.#owedMs -= clock.monotonicMs() - startMs;
    this.#turnStartMs = clock.monotonicMs();
  }

  async #yield(): Promise<void> {
    await nextTurn(this.#ports.timers);
    this.#turnStartMs = this.#ports.clock.monotonicMs();
  }
}
