import { type Timers } from "../../../io/ports.ts";

/** One heartbeat at a time: the next one goes when it is due, or at once when there is something to tell. */
export class HeartbeatLoop {
  readonly #timers: Timers;
  readonly #beat: () => Promise<number | undefined>;
  #timer: { cancel(): void } | undefined;
  #isBeating = false;
  #mustBeatAgain = false;
  #isStopped = false;

  /** @param beat resolves with when the next is due, in milliseconds; undefined when none is until `beatNow` */
  constructor(timers: Timers, beat: () => Promise<number | undefined>) {
    this.#timers = timers;
    this.#beat = beat;
  }

  /** Sends a heartbeat at once, or behind the one that is under way. */
  beatNow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isBeating) this.#mustBeatAgain = true;
    else void this.#run();
  }

  /** No heartbeat until `beatNow`, also when one waits behind the one that is under way. */
  holdBack(): void {
    this.#mustBeatAgain = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    this.#isBeating = true;
    let waitMs: number | undefined;
    do {
      if (this.#isStopped) return;
      this.#mustBeatAgain = false;
      waitMs = await this.#beat();
    } while (this.#mustBeatAgain);
    this.#isBeating = false;
    if (waitMs !== undefined && !this.#isStopped) this.#timer = this.#timers.after(waitMs, () => this.beatNow());
  }
}
