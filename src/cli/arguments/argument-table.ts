import { type NumberType } from "./argument-types.ts";

/** An option of one command, in the style of Python's argparse, which some of Kafka's tools follow. */
export interface ArgumentSpec {
  readonly short?: string;
  /** `values` keeps those of each time it was given; `list` takes several words at once, and the last time counts. */
  readonly takes: "nothing" | "value" | "values" | "list";
  /** What the value must be, when that is not text. */
  readonly type?: NumberType;
  readonly choices?: readonly string[];
  readonly isRequired?: boolean;
  /** Only one of the options that name the same group may be given. */
  readonly group?: string;
  /** One of the group must be given. */
  readonly isGroupRequired?: boolean;
  /** The option ends the parsing where it stands: it asks for the help or the version. */
  readonly ends?: boolean;
}

export type ArgumentTable = Readonly<Record<string, ArgumentSpec>>;

/** What was given, by long name without the dashes; a flag has an empty list. */
export type Arguments = ReadonlyMap<string, readonly string[]>;

/** The command line is wrong; the usage is printed before the message. */
export class ArgumentError extends Error {
  override readonly name: string = "ArgumentError";
  /** What may have been meant. */
  readonly suggestions: readonly string[];

  constructor(message: string, suggestions: readonly string[] = []) {
    super(message);
    this.suggestions = suggestions;
  }
}

/** Something required is missing, which counts only when nothing else is wrong. */
export class MissingArgument extends ArgumentError {
  override readonly name = "MissingArgument";
}
