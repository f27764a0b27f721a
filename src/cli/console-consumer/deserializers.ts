import { ClientError } from "../client/kafka-error.ts";

/** The text of a key, value or header. @throws ClientError when the bytes are not of the type */
export type Deserializer = (bytes: Buffer) => string;

const prefix = "org.apache.kafka.common.serialization.";

/** Kafka's deserializers by class name, as the console consumer prints what they make of the bytes. */
const deserializers: Readonly<Record<string, Deserializer>> = {
  StringDeserializer: (bytes) => bytes.toString(),
  ShortDeserializer: sized("ShortDeserializer", 2, (bytes) => String(bytes.readInt16BE())),
  IntegerDeserializer: sized("IntegerDeserializer", 4, (bytes) => String(bytes.readInt32BE())),
  LongDeserializer: sized("LongDeserializer", 8, (bytes) => String(bytes.readBigInt64BE())),
  FloatDeserializer: sized("Deserializer", 4, (bytes) => javaFloat(bytes.readFloatBE())),
  DoubleDeserializer: sized("Deserializer", 8, (bytes) => javaDouble(bytes.readDoubleBE())),
  BooleanDeserializer: sized("BooleanDeserializer", 1, (bytes) => {
    if (bytes[0] === 0 || bytes[0] === 1) return String(bytes[0] === 1);
    throw serializationError(`Unexpected byte received by BooleanDeserializer: ${bytes.readInt8()}`);
  }),
  UUIDDeserializer: (bytes) => bytes.toString(),
};

/** @throws ClientError when there is no such class */
export function deserializerNamed(name: string): Deserializer {
  const found = name.startsWith(prefix) ? deserializers[name.slice(prefix.length)] : undefined;
  if (found === undefined) throw new ClientError("java.lang.ClassNotFoundException", name);
  return found;
}

function sized(name: string, sizeBytes: number, read: Deserializer): Deserializer {
  return (bytes) => {
    if (bytes.length === sizeBytes) return read(bytes);
    throw serializationError(`Size of data received by ${name} is not ${sizeBytes}`);
  };
}

function serializationError(message: string): ClientError {
  return new ClientError("org.apache.kafka.common.errors.SerializationException", message);
}

/** The shortest decimal that reads back as the same float. */
function javaFloat(value: number): string {
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return javaDouble(candidate);
  }
  return javaDouble(value);
}

/** A double as Java prints it: at least one decimal, and an exponent from 10^7 up and below 10^-3. */
function javaDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value);
  const [mantissa = "", exponent = ""] = value.toExponential().split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}
