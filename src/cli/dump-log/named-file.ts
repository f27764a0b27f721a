import { basename, dirname } from "node:path";
import { ClientError } from "../client/kafka-error.ts";

/** A file as the command line names it; what Kafka's tool reads out of the name, it reads in the same way. */
export class NamedFile {
  /** Without repeated slashes, as Java prints a path. */
  readonly path: string;
  readonly absolutePath: string;
  readonly name: string;
  /** From the last dot on; empty when there is none. */
  readonly suffix: string;

  constructor(path: string) {
    this.path = path.replace(/\/+/g, "/").replace(/(?<=.)\/$/, "");
    // A path is made absolute but not resolved: `..` stays.
    this.absolutePath = this.path.startsWith("/") ? this.path : `${process.cwd()}/${this.path}`;
    this.name = basename(this.path);
    const dot = this.name.lastIndexOf(".");
    this.suffix = dot < 0 ? "" : this.name.slice(dot);
  }

  /**
   * The offset that a file of a segment begins with in its name.
   * @throws ClientError when the name does not
   */
  get baseOffset(): number {
    return parseLong(this.#stem);
  }

  /** The file of the same segment with another suffix. */
  sibling(suffix: string): NamedFile {
    return new NamedFile(`${dirname(this.absolutePath)}/${this.#stem}${suffix}`);
  }

  get #stem(): string {
    return this.name.split(".")[0] ?? "";
  }
}

/** @throws ClientError when the text is not a number */
export function parseLong(text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  // Negated, so that NaN fails too.
  if (!(Math.abs(value) < 2 ** 63)) {
    throw new ClientError("java.lang.NumberFormatException", `For input string: "${text}"`);
  }
  return value;
}
