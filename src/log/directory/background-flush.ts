import { nextTurn } from "../../io/next-turn.ts";
import { type Clock, DiskError, type Timers } from "../../io/ports.ts";
import { LimitedPatience } from "../limited-patience.ts";
import { type Log } from "../log.ts";

export interface BackgroundFlushOptions {
  readonly logs: () => Iterable<Log>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Recovery points have moved. */
  readonly onAdvanced: () => void;
}

/** Few at once: the pool that flushes run in is also that of reads and compression. */
const flushesAtOnce = 2;
const logsAtOnceClosing = 4;
/** Where all is durable already no flush gives the event loop to others, and what is written beside it takes 0.15 ms a log. */
const logsOfTurn = 12;
const logsOfTurnClosing = 48;
/** After so many flushes the recovery points are written down even if more wait. */
const flushesBetweenCheckpoints = 1_000;

/** Moves the recovery points of logs forward, so that what a start after a crash reads is bounded. */
export class BackgroundFlush {
  readonly #options: BackgroundFlushOptions;
  readonly #waiting = new Set<Log>();
  #underWay = 0;
  #sinceCheckpoint = 0;

  constructor(options: BackgroundFlushOptions) {
    this.#options = options;
  }

  /** Call once a second. */
  tick(): void {
    for (const log of this.#options.logs()) if (log.tick()) this.#waiting.add(log);
    while (this.#underWay < flushesAtOnce && this.#waiting.size > 0) void this.#work();
  }

  /** Does what a stop would have to do, one log behind the other; while the system is short of descriptors it waits for them. */
  async prepareClose(): Promise<void> {
    const { clock, timers } = this.#options;
    const logs = [...this.#options.logs()];
    const patience = new LimitedPatience(clock, timers);
    const work = async (): Promise<void> => {
      for (let log = logs.pop(), count = 1; log !== undefined; log = logs.pop(), count++) {
        const next = log;
        // What it lacks is asked for once more when it is closed.
        await patience.do(() => next.prepareClose()).catch(DiskError.from);
        if (count % (logsOfTurnClosing / logsAtOnceClosing) === 0) await nextTurn(timers);
      }
    };
    await Promise.all(Array.from({ length: logsAtOnceClosing }, work));
    this.#tell();
  }

  async #work(): Promise<void> {
    this.#underWay++;
    let count = 0;
    for (const log of this.#waiting) {
      this.#waiting.delete(log);
      await log.advanceRecoveryPoint();
      if (++count % (logsOfTurn / flushesAtOnce) === 0) await nextTurn(this.#options.timers);
      if (++this.#sinceCheckpoint >= flushesBetweenCheckpoints) this.#tell();
    }
    if (--this.#underWay === 0 && this.#sinceCheckpoint > 0) this.#tell();
  }

  #tell(): void {
    this.#sinceCheckpoint = 0;
    this.#options.onAdvanced();
  }
}
