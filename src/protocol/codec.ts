import { assert } from "../base/assert.ts";
import { decoderSource } from "./decoder-source.ts";
import { encoderSource } from "./encoder-source.ts";
import { DecodeError, type Reader } from "./reader.ts";
import { inRange, type Draft, type Message } from "./schema.ts";
import { EncodeError, type Writer } from "./writer.ts";

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

const noBytes = Buffer.alloc(0);
const codecs = new Map<Message<unknown>, CompiledCodec<unknown>[]>();

/** The codec of `message` in `version`, compiled at its first use and kept. */
export function codecOf<T>(message: Message<T>, version: number): Codec<T> {
  let versions = codecs.get(message as Message<unknown>);
  if (versions === undefined) {
    versions = [];
    codecs.set(message as Message<unknown>, versions);
  }
  const known = versions[version];
  if (known !== undefined) return known as Codec<unknown> as Codec<T>;
  assert(inRange(message.versions, version), `${message.name} has no version ${version}`);
  const codec = new CompiledCodec<T>(message, version);
  versions[version] = codec as CompiledCodec<unknown>;
  return codec;
}

type Decode<T> = (reader: Reader) => T;
type Encode<T> = (writer: Writer, value: Draft<T>) => void;

/** The two halves are compiled apart: a broker decodes requests and encodes responses, seldom the other way round. */
class CompiledCodec<T> implements Codec<T> {
  readonly #message: Message<unknown>;
  readonly #version: number;
  #decode: Decode<T> | undefined;
  #encode: Encode<T> | undefined;

  constructor(message: Message<T>, version: number) {
    this.#message = message as Message<unknown>;
    this.#version = version;
  }

  decode(reader: Reader): T {
    this.#decode ??= compile<Decode<T>>(decoderSource(this.#message, this.#version));
    return this.#decode(reader);
  }

  encode(writer: Writer, value: Draft<T>): void {
    this.#encode ??= compile<Encode<T>>(encoderSource(this.#message, this.#version));
    this.#encode(writer, value);
  }
}

function compile<F>(source: string): F {
  return new Function("DecodeError", "EncodeError", "noBytes", source)(DecodeError, EncodeError, noBytes) as F;
}
