import { type PersistentMap } from "../../base/persistent-map.ts";
import { applied, removeUnmentioned, type Changes } from "./changes.ts";

/** The changes of a kind of metadata whose image keeps one record a key: ACLs, SCRAM credentials, delegation tokens. */
export class KeyedDelta<K extends string | number, V> {
  readonly changes: Changes<K, V> = new Map();
  readonly #before: PersistentMap<K, V>;

  constructor(before: PersistentMap<K, V>) {
    this.#before = before;
  }

  set(key: K, value: V): void {
    this.changes.set(key, value);
  }

  remove(key: K): void {
    this.changes.set(key, undefined);
  }

  finishSnapshot(): void {
    removeUnmentioned(this.#before, this.changes);
  }

  apply(): PersistentMap<K, V> {
    return applied(this.#before, this.changes);
  }
}
