import { zeroUuid } from "../../src/base/uuid.ts";
import {
  inRange,
  type Field,
  type Fields,
  type Message,
  type Primitive,
  type Struct,
} from "../../src/protocol/schema.ts";

/**
 * A second implementation of the schema language, slow and plain, that walks the schema for each value: the oracle for
 * the compiled codecs. It shares no code with them but the schemas.
 */
type Value = unknown;
type Record_ = { [name: string]: Value };

interface Scope {
  readonly message: Message<unknown>;
  readonly version: number;
}

export function interpretedEncode(message: Message<unknown>, version: number, value: object): Buffer {
  return encodeStruct(message.struct, value as Record_, { message, version });
}

/** @throws Error when the bytes are not such a message, or do not end with it */
export function interpretedDecode(message: Message<unknown>, version: number, bytes: Buffer): Value {
  const source = new Source(bytes);
  const value = decodeStruct(message.struct, source, { message, version });
  if (!source.isAtEnd()) throw new Error("bytes are left over");
  return value;
}

export function defaultOf(field: Field<unknown>): Value {
  if (field.defaultValue === null) return null;
  if (field.isArray) return [];
  if (typeof field.type !== "string") {
    return Object.fromEntries(Object.entries(field.type.fields).map(([name, inner]) => [name, defaultOf(inner)]));
  }
  if (field.type === "bytes" || field.type === "records") return Buffer.alloc(0);
  if (field.defaultValue !== undefined) {
    return typeof field.defaultValue === "bigint" ? Number(field.defaultValue) : field.defaultValue;
  }
  if (field.type === "bool") return false;
  if (field.type === "string") return "";
  return field.type === "uuid" ? zeroUuid : 0;
}

function same(one: Value, other: Value): boolean {
  if (Buffer.isBuffer(one) && Buffer.isBuffer(other)) return one.equals(other);
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((element, index) => same(element, other[index]));
  }
  if (typeof one === "object" && typeof other === "object" && one !== null && other !== null) {
    // `one` may leave fields out, which stand for their default.
    return Object.entries(one).every(([name, inner]) => inner === undefined || same(inner, (other as Record_)[name]));
  }
  return Object.is(one, other) || one === other;
}

/** Whether the version has the field; one that is ever tagged is only where it is tagged. */
export function isCarried(field: Field<unknown>, version: number): boolean {
  const everTagged = field.tag >= 0;
  return inRange(field.versions, version) && (!everTagged || inRange(field.tagged, version));
}

function isFlexible(field: Field<unknown>, scope: Scope): boolean {
  return inRange(field.flexible ?? scope.message.flexible, scope.version);
}

// ---- encoding

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function encodeStruct(struct: Struct<Fields>, value: Record_, scope: Scope): Buffer {
  const parts: Buffer[] = [];
  const tagged: { tag: number; bytes: Buffer }[] = [];
  for (const [name, field] of Object.entries(struct.fields)) {
    const given = value[name] === undefined ? defaultOf(field) : value[name];
    if (!isCarried(field, scope.version)) {
      if (!field.ignorable && !same(given, defaultOf(field))) throw new Error(`${name} cannot travel`);
    } else if (inRange(field.tagged, scope.version)) {
      if (!same(given, defaultOf(field)))
        tagged.push({ tag: field.tag, bytes: encodeField(field, given, scope, true) });
    } else {
      parts.push(encodeField(field, given, scope, false));
    }
  }
  if (inRange(scope.message.flexible, scope.version)) {
    tagged.sort((one, other) => one.tag - other.tag);
    parts.push(varint(tagged.length));
    for (const { tag, bytes } of tagged) parts.push(varint(tag), varint(bytes.length), bytes);
  }
  return Buffer.concat(parts);
}

function encodeField(field: Field<unknown>, value: Value, scope: Scope, tagged: boolean): Buffer {
  const flexible = isFlexible(field, scope);
  const isString = field.type === "string" && !field.isArray;
  if (value === null) {
    if (!inRange(field.nullable, scope.version)) throw new Error("null is not allowed");
    if (typeof field.type !== "string" && !field.isArray) return Buffer.from([tagged ? 0 : 0xff]);
    return encodeLength(-1, flexible, isString);
  }
  if (field.isArray) {
    const elements = (value as Value[]).map((element) => encodeElement(field, element, scope));
    return Buffer.concat([encodeLength(elements.length, flexible, false), ...elements]);
  }
  const element = encodeElement(field, value, scope);
  const marked = typeof field.type !== "string" && inRange(field.nullable, scope.version);
  return marked ? Buffer.concat([Buffer.from([1]), element]) : element;
}

function encodeLength(length: number, flexible: boolean, isString: boolean): Buffer {
  if (flexible) return varint(length + 1);
  const bytes = Buffer.alloc(isString ? 2 : 4);
  bytes.writeIntBE(length, 0, bytes.length);
  return bytes;
}

function encodeElement(field: Field<unknown>, value: Value, scope: Scope): Buffer {
  if (typeof field.type !== "string") return encodeStruct(field.type, value as Record_, scope);
  if (field.type === "string" || field.type === "bytes" || field.type === "records") {
    const bytes = Buffer.from(value as string);
    return Buffer.concat([encodeLength(bytes.length, isFlexible(field, scope), field.type === "string"), bytes]);
  }
  if (field.type === "uuid") return Buffer.from(value as string, "base64url");
  const bytes = Buffer.alloc(fixedSizes[field.type]);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (field.type === "bool") view.setUint8(0, value === true ? 1 : 0);
  else if (field.type === "float64") view.setFloat64(0, value as number);
  else if (field.type === "int64") view.setBigInt64(0, saturated(value as number));
  else if (bytes.length === 1) view.setInt8(0, value as number);
  else if (bytes.length === 2) view.setInt16(0, value as number);
  else view.setInt32(0, value as number);
  return bytes;
}

const fixedSizes: Record<Exclude<Primitive, "string" | "bytes" | "records" | "uuid">, number> = {
  bool: 1,
  int8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  float64: 8,
};

function saturated(value: number): bigint {
  const most = 2n ** 63n - 1n;
  const exact = BigInt(value);
  return exact > most ? most : exact;
}

// ---- decoding

class Source {
  readonly #bytes: Buffer;
  #at = 0;
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }
  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#bytes.length) throw new Error("the bytes end early");
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }
  varint(): number {
    let value = 0n;
    for (let index = 0; index < 5; index++) {
      const byte = this.take(1)[0]!;
      value |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) {
        if (value >= 2n ** 31n) break;
        return Number(value);
      }
    }
    throw new Error("an unsigned varint is too large");
  }
  left(): number {
    return this.#bytes.length - this.#at;
  }
  isAtEnd(): boolean {
    return this.left() === 0;
  }
}

function decodeStruct(struct: Struct<Fields>, source: Source, scope: Scope): Record_ {
  const value: Record_ = {};
  for (const [name, field] of Object.entries(struct.fields)) {
    const inline = isCarried(field, scope.version) && field.tag < 0;
    value[name] = inline ? decodeField(field, source, scope, false) : defaultOf(field);
  }
  if (!inRange(scope.message.flexible, scope.version)) return value;
  for (let left = source.varint(); left > 0; left--) {
    const tag = source.varint();
    const bytes = new Source(source.take(source.varint()));
    const entry = Object.entries(struct.fields).find(([, field]) => field.tag === tag);
    if (entry === undefined) continue;
    const [name, field] = entry;
    if (!isCarried(field, scope.version)) throw new Error(`tag ${tag} is not valid in this version`);
    value[name] = decodeField(field, bytes, scope, true);
    if (!bytes.isAtEnd()) throw new Error("a tagged field is longer than its value");
  }
  return value;
}

function decodeField(field: Field<unknown>, source: Source, scope: Scope, tagged: boolean): Value {
  const nullable = inRange(field.nullable, scope.version);
  if (field.isArray) {
    const count = decodeLength(source, isFlexible(field, scope), false);
    if (count < 0) return nullOr(nullable);
    if (count > source.left()) throw new Error("an array is longer than what is left");
    return Array.from({ length: count }, () => decodeElement(field, source, scope, false));
  }
  if (typeof field.type !== "string" && nullable) {
    const marker = source.take(1).readInt8();
    if (tagged ? marker === 0 : marker < 0) return null;
  }
  return decodeElement(field, source, scope, nullable);
}

function nullOr(nullable: boolean): null {
  if (!nullable) throw new Error("null is not allowed");
  return null;
}

function decodeLength(source: Source, flexible: boolean, isString: boolean): number {
  if (flexible) return source.varint() - 1;
  const bytes = source.take(isString ? 2 : 4);
  return bytes.readIntBE(0, bytes.length);
}

function decodeElement(field: Field<unknown>, source: Source, scope: Scope, nullable: boolean): Value {
  if (typeof field.type !== "string") return decodeStruct(field.type, source, scope);
  if (field.type === "string" || field.type === "bytes" || field.type === "records") {
    const length = decodeLength(source, isFlexible(field, scope), field.type === "string");
    if (length < 0) return nullOr(nullable);
    const bytes = source.take(length);
    if (field.type !== "string") return bytes;
    if (length > 32_767) throw new Error("a string is too long");
    return bytes.toString();
  }
  if (field.type === "uuid") return source.take(16).toString("base64url");
  const bytes = source.take(fixedSizes[field.type]);
  if (field.type === "bool") return bytes[0] !== 0;
  if (field.type === "float64") return bytes.readDoubleBE();
  if (field.type === "int64") return Number(bytes.readBigInt64BE());
  const unsigned = field.type === "uint16" || field.type === "uint32";
  return unsigned ? bytes.readUIntBE(0, bytes.length) : bytes.readIntBE(0, bytes.length);
}
