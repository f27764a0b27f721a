import { ClientError, WordlessError } from "../client/kafka-error.ts";

const prefix = "org.apache.kafka.tools.api.";

type Decode = (bytes: Buffer) => string;

/** Kafka's decoders by class name. */
const decoders: Readonly<Record<string, Decode>> = {
  StringDecoder: (bytes) => bytes.toString("utf8"),
  IntegerDecoder: (bytes) => String(atLeast(bytes, 4).readInt32BE(0)),
  LongDecoder: (bytes) => String(atLeast(bytes, 8).readBigInt64BE(0)),
  // Kafka's prints where in memory the array is.
  DefaultDecoder: (bytes) => bytes.toString("hex"),
};

/** @throws ClientError when there is no such class */
export function plainDecoder(name: string): Decode {
  const decode = name.startsWith(prefix) ? decoders[name.slice(prefix.length)] : undefined;
  if (decode !== undefined) return decode;
  throw new ClientError(
    "java.lang.RuntimeException",
    "Failed to load decoder class",
    false,
    new ClientError("java.lang.ClassNotFoundException", name),
  );
}

function atLeast(bytes: Buffer, sizeBytes: number): Buffer {
  if (bytes.length < sizeBytes) throw new WordlessError("java.nio.BufferUnderflowException");
  return bytes;
}
