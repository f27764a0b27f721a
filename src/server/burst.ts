import { type Waiting } from "./waiting.ts";

/** Has several go on together behind a burst of microtasks, in which more of what they wait for may come. */
export class Burst {
  #waiting: Waiting[] = [];

  add(waiting: Waiting): void {
    if (this.#waiting.push(waiting) === 1) queueMicrotask(this.#end);
  }

  readonly #end = (): void => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each.goOn();
  };
}
