import { type ProducerId } from "../base/brand.ts";
import { type ProducerIdBlock } from "../controller/controller.ts";
import { type ErrorCode, Errors } from "../protocol/errors.ts";

/** So many ids are left when the next block is asked for. */
const prefetchAt = 100;

/**
 * Hands out producer ids from blocks that the controller allocates, so that no id is used twice in the cluster. The next
 * block is asked for before the present one is used up.
 */
export class ProducerIdManager {
  readonly #allocate: () => Promise<ProducerIdBlock>;
  #next: ProducerId = 0;
  #end: ProducerId = 0;
  #following: ProducerIdBlock | undefined;
  #asking: Promise<ErrorCode> | undefined;

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.#allocate = allocate;
  }

  /** An id that nobody had before, or the error of the controller. */
  async take(): Promise<{ readonly errorCode: ErrorCode; readonly producerId: ProducerId }> {
    while (this.#next >= this.#end) {
      if (this.#following === undefined) {
        const errorCode = await this.#ask();
        if (errorCode !== Errors.NONE) return { errorCode, producerId: -1 };
      } else {
        const { firstProducerId, count } = this.#following;
        this.#following = undefined;
        this.#next = firstProducerId;
        this.#end = firstProducerId + count;
      }
    }
    const producerId = this.#next++;
    if (this.#end - this.#next < prefetchAt && this.#following === undefined) void this.#ask();
    return { errorCode: Errors.NONE, producerId };
  }

  #ask(): Promise<ErrorCode> {
    this.#asking ??= this.#allocate()
      .then((block) => {
        if (block.errorCode === Errors.NONE) this.#following = block;
        return block.errorCode;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}
