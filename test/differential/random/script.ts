import { type ApiName } from "../../../src/protocol/apis.ts";

/**
 * A script is data: requests in an order, in which what a broker chooses (ids, epochs) is named. So any of its steps can be
 * left out, and what is left is a script too. Values of a body that stand for others have one key with a dollar sign, see
 * `values.ts`.
 */
export interface ScriptStep {
  /** Whose connection it goes over. */
  readonly by?: string;
  readonly api: ApiName;
  readonly version: number;
  readonly body: unknown;
  /** Names for values of the answer, by their paths: they can be said later with `$kept`. */
  readonly keep?: Readonly<Record<string, string>>;
  /** Asked again until a field of the answer, by its path, begins with this, or no longer does ("!…"). It is no part of the comparison. */
  readonly until?: readonly [path: string, beginning: string];
}

export interface ScriptTopic {
  readonly name: string;
  readonly partitions: number;
  readonly configs?: Readonly<Record<string, string>>;
}

export interface Script {
  readonly name: string;
  readonly topics: readonly ScriptTopic[];
  readonly steps: readonly ScriptStep[];
}

/** One line a step, so that a person can read it and a test can play it. */
export function scriptText({ name, topics, steps }: Script): string {
  const lines = (list: readonly unknown[]) => list.map((each) => `  ${JSON.stringify(each)}`).join(",\n");
  return `{ "name": ${JSON.stringify(name)},\n "topics": [\n${lines(topics)}],\n "steps": [\n${lines(steps)}]}\n`;
}
