import { nextTurn } from "../../io/next-turn.ts";
import { type Timers } from "../../io/ports.ts";

/** So many logs are searched in a turn of the event loop: each takes reads, and requests may ask of thousands. */
const searchesOfTurn = 100;

/** Has searches wait for their turn, those of all requests together. */
export class SearchPace {
  readonly #timers: Timers;
  /** Of the turn that was begun last. */
  #count = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** Resolves when the next search may begin. */
  next(): Promise<void> {
    if (this.#count === searchesOfTurn) {
      this.#count = 0;
      this.#turn = this.#turn.then(() => nextTurn(this.#timers));
    }
    this.#count++;
    return this.#turn;
  }
}
