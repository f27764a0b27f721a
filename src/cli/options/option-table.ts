/** One option of a script, as the Java tool declares it: the parser, the checks and the help text all derive from this. */
export interface OptionSpec {
  readonly description: string;
  /** Left out for a flag. An optional argument is taken only when the next word does not look like an option. */
  readonly argument?: "required" | "optional";
  readonly type?: "String" | "Integer" | "Long";
  /** What the help text calls the argument. */
  readonly placeholder?: string;
  /** The value when the option is not given. */
  readonly default?: string | number;
  /** Without it the command line is not accepted, unless it asks for help or the version. */
  readonly isRequired?: boolean;
  /** Accepted only next to one of these. */
  readonly goesWith?: readonly string[];
}

/** Every option of a script by its name without the dashes. */
export type OptionTable = Readonly<Record<string, OptionSpec>>;

/** The options that each script has. */
export const commonOptions = {
  help: { description: "Print usage information." },
  version: { description: "Display Kafka version." },
} as const satisfies OptionTable;

/** A command line that cannot be understood; the message is the parser's, in the Java tool's words. */
export class OptionError extends Error {
  override readonly name = "OptionError";
  /** The class of the Java parser's exception, which shows in the tools' log lines. */
  readonly kind: string;

  constructor(kind: string, message: string) {
    super(message);
    this.kind = `joptsimple.${kind}Exception`;
  }
}

/** A command line that breaks a rule of its script: the message is followed by the help text, and the exit code is 1. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
