import { collisionKey } from "../base/topic-name.ts";
import { type PersistentMap } from "../base/persistent-map.ts";
import { type TopicImage } from "../metadata/image/topics-image.ts";

/** Finds existing topics that could not be told apart from new ones in metrics. */
export class CollidingTopics {
  readonly #existing: PersistentMap<string, TopicImage>;
  /** The existing names of one length, by what metrics make of them; made when a new name of that length comes. */
  readonly #ofLength = new Map<number, ReadonlyMap<string, string>>();

  constructor(existing: PersistentMap<string, TopicImage>) {
    this.#existing = existing;
  }

  find(name: string): string | undefined {
    if (!/[._]/.test(name)) return undefined;
    let names = this.#ofLength.get(name.length);
    if (names === undefined) this.#ofLength.set(name.length, (names = this.#namesOf(name.length)));
    return names.get(collisionKey(name));
  }

  #namesOf(length: number): ReadonlyMap<string, string> {
    const names = new Map<string, string>();
    for (const name of this.#existing.keys()) {
      const key = name.length === length ? collisionKey(name) : undefined;
      if (key !== undefined && !names.has(key)) names.set(key, name);
    }
    return names;
  }
}
