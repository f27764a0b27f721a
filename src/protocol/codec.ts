import { type Reader } from "./reader.ts";
import { type Draft, type Message } from "./schema.ts";
import { type Writer } from "./writer.ts";

/** Encoder and decoder of one version of one message. */
export interface Codec<T> {
  /**
   * Reads one message; every field of the result is set (the default where the version has none).
   * @throws DecodeError when the bytes are not such a message
   */
  decode(reader: Reader): T;
  /**
   * Writes one message; fields left out get their default.
   * @throws EncodeError when the version cannot carry a value that is neither default nor ignorable
   */
  encode(writer: Writer, value: Draft<T>): void;
}

/** The codec of `message` in `version`, compiled at its first use and kept. */
export function codecOf<T>(message: Message<T>, version: number): Codec<T> {
  throw new Error(`${message.name} ${version}`);
}
