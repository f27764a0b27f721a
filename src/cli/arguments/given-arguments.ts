import { type Arguments } from "./argument-table.ts";

/** What was given on a checked command line, typed. */
export class GivenArguments {
  readonly #given: Arguments;

  constructor(given: Arguments) {
    this.#given = given;
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  text(name: string): string | undefined {
    return this.#given.get(name)?.[0];
  }

  list(name: string): readonly string[] | undefined {
    return this.#given.get(name);
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : Number(text);
  }
}
