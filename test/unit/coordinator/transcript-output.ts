import { type ManualTime } from "../../support/manual-time.ts";

/** What one value inside of an answer is called; undefined where nothing else is known of it than what it is. */
export type Wording = (value: unknown, name: string) => string | undefined;

/** What comes of a scenario's commands: a line for each record, each answer and whatever else is told, as they come. */
export class TranscriptOutput {
  readonly #wording: Wording;
  #lines: string[] = [];
  #requests = 0;

  constructor(wording: Wording) {
    this.#wording = wording;
  }

  print(line: string): void {
    this.#lines.push(line);
  }

  /** Prints the answer to a request when it comes; requests are told apart by their numbers. */
  answer(verb: string, response: unknown, show = (settled: unknown) => this.show(settled)): void {
    const label = `${verb}#${++this.#requests}`;
    void Promise.resolve(response).then((settled) => this.print(`${label} ${show(settled)}`));
  }

  /** All that comes of `act` before nothing more happens. */
  async of(act: () => Promise<void>, time: ManualTime): Promise<string> {
    this.#lines = [];
    await act();
    await time.settle();
    return this.#lines.length === 0 ? "(nothing)" : this.#lines.join("\n");
  }

  /** Compact, and the same in every run. */
  show(value: unknown, name = ""): string {
    if (value === undefined || value === null) return "null";
    const wording = this.#wording(value, name);
    if (wording !== undefined) return wording;
    if (Array.isArray(value)) return `[${value.map((entry) => this.show(entry)).join(", ")}]`;
    if (typeof value !== "object") return JSON.stringify(value);
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${entries.map(([key, inner]) => `${key}: ${this.show(inner, key)}`).join(", ")}}`;
  }
}
