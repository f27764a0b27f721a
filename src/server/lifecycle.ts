import { type Logger } from "../io/ports.ts";

/** The parts of a node that must be closed, in the order in which they were started. */
export class Lifecycle {
  readonly #logger: Logger;
  readonly #parts: { readonly name: string; readonly close: () => void | Promise<void> }[] = [];
  #closing: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Notes how a part that was started is closed. */
  add(name: string, close: () => void | Promise<void>): void {
    this.#parts.push({ name, close });
  }

  /** Closes the parts, the last one first, each after the one before has closed; one that fails does not keep the rest open. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      try {
        await part.close();
      } catch (error) {
        this.#logger.error({ error, part: part.name }, "Failed to close");
      }
    }
  }
}
