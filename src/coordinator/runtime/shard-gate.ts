/**
 * Lets one step have a shard to itself for as long as it takes: the turn of a transaction, until the log has taken its batch or
 * refused it. Everything else about the shard waits, in order.
 */
export class ShardGate {
  #held: Promise<void> | undefined;
  #release = doNothing;

  /** Resolves when the step that has the shard has ended; another may have it then. undefined when none has it. */
  get held(): Promise<void> | undefined {
    return this.#held;
  }

  async hold<T>(step: () => Promise<T>): Promise<T> {
    while (this.#held !== undefined) await this.#held;
    const held = new Promise<void>((resolve) => (this.#release = resolve));
    this.#held = held;
    try {
      return await step();
    } finally {
      if (this.#held === held) this.free();
    }
  }

  /** Lets the next one in, though the step that has the shard may go on for ever: what it works on has been given up. */
  free(): void {
    this.#held = undefined;
    this.#release();
  }
}

function doNothing(): void {}
