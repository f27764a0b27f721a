import { type MetadataDelta } from "../../metadata/delta/metadata-delta.ts";
import { type MetadataImage } from "../../metadata/image/metadata-image.ts";
import { type LoaderManifest, type Publisher } from "../../metadata/publisher.ts";

/** A publisher whose work may take several turns of the event loop. */
export interface LocalPublisher {
  readonly name: string;
  /** A promise when it is not done yet; it does not matter with what. */
  publish(delta: MetadataDelta, image: MetadataImage, manifest: LoaderManifest): Promise<void> | undefined | void;
}

/**
 * Publishers that act one behind the other, each when the one before has done all of it, and on the next news when the last
 * one has. Nobody else waits for them: as in Kafka, the metadata is known, and answered, before all replicas follow it. When
 * there is nothing that takes long they are done when `publish` returns.
 */
export class PublisherChain implements Publisher {
  readonly name = "local";
  readonly #publishers: readonly LocalPublisher[];
  readonly #onFault: (publisher: string, error: unknown) => void;
  /** What is to be done yet, in order. */
  readonly #steps: (() => Promise<void> | undefined | void)[] = [];
  #running: Promise<void> | undefined;
  #waiting: (() => void)[] = [];
  #isClosed = false;

  /** @param onFault a publisher threw, or rejected; the others act all the same */
  constructor(publishers: readonly LocalPublisher[], onFault: (publisher: string, error: unknown) => void) {
    this.#publishers = publishers;
    this.#onFault = onFault;
  }

  publish(delta: MetadataDelta, image: MetadataImage, manifest: LoaderManifest): void {
    if (this.#isClosed) return;
    for (const publisher of this.#publishers) {
      this.#steps.push(() => {
        try {
          return publisher.publish(delta, image, manifest)?.catch((error) => this.#onFault(publisher.name, error));
        } catch (error) {
          return this.#onFault(publisher.name, error);
        }
      });
    }
    if (this.#running === undefined) this.#goOn();
  }

  /** Resolves when all that was published so far is done; at once when it is. */
  settled(): Promise<void> {
    if (this.#running === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#steps.push(() => this.#waiting.shift()?.());
    });
  }

  /** Nothing more is begun; resolves when what is under way has ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#steps.length = 0;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await this.#running;
  }

  #goOn(): void {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      const work = step();
      if (work === undefined) continue;
      this.#running = this.#after(work);
      return;
    }
  }

  async #after(work: Promise<void>): Promise<void> {
    await work;
    this.#running = undefined;
    this.#goOn();
  }
}
