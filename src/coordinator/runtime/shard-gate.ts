/**
 * Lets one step have a shard to itself for as long as it takes: the turn of a transaction, until the log has taken its batch or
 * refused it. Everything else about the shard waits, in order.
 */
export class ShardGate {
  #held: Promise<void> | undefined;

  /** Resolves when the step that has the shard has ended; another may have it then. undefined when none has it. */
  get held(): Promise<void> | undefined {
    return this.#held;
  }

  async hold<T>(step: () => Promise<T>): Promise<T> {
    while (this.#held !== undefined) await this.#held;
    let release = doNothing;
    this.#held = new Promise((resolve) => (release = resolve));
    try {
      return await step();
    } finally {
      this.#held = undefined;
      release();
    }
  }
}

function doNothing(): void {}
