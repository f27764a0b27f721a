import * as fc from "fast-check";
import { inRange, type Field, type Fields, type Message, type Struct } from "../../src/protocol/schema.ts";
import { defaultOf, isCarried } from "./schema-interpreter.ts";

/** Values that `version` of the message can carry; fields are left out now and then. */
export function messageArbitrary(message: Message<unknown>, version: number): fc.Arbitrary<object> {
  return structArbitrary(message.struct, version, 3);
}

function structArbitrary(struct: Struct<Fields>, version: number, elementsMax: number): fc.Arbitrary<object> {
  const fields: { [name: string]: fc.Arbitrary<unknown> } = {};
  for (const [name, field] of Object.entries(struct.fields)) {
    if (!isCarried(field, version)) continue;
    fields[name] = fc.oneof(
      { arbitrary: fieldArbitrary(field, version, elementsMax), weight: 7 },
      { arbitrary: fc.constant(undefined), weight: 1 },
    );
  }
  return fc.record(fields);
}

function fieldArbitrary(field: Field<unknown>, version: number, elementsMax: number): fc.Arbitrary<unknown> {
  let value = elementArbitrary(field, version, elementsMax);
  if (field.isArray) value = fc.array(value, { maxLength: elementsMax });
  return inRange(field.nullable, version) ? fc.option(value, { freq: 4 }) : value;
}

function elementArbitrary(field: Field<unknown>, version: number, elementsMax: number): fc.Arbitrary<unknown> {
  if (typeof field.type !== "string") return structArbitrary(field.type, version, Math.max(1, elementsMax - 1));
  return primitives[field.type];
}

const text = fc.oneof(
  fc.string({ maxLength: 12 }),
  fc.string({ unit: "grapheme", maxLength: 90 }),
  // Around the lengths where the writer and the varint in front of it change their ways.
  fc.constantFrom(60, 63, 64, 65, 126, 127, 128, 300, 20_000).map((length) => "x".repeat(length)),
);

const blob = fc.oneof(
  { arbitrary: fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)), weight: 5 },
  { arbitrary: fc.constantFrom(127, 1023, 1024, 70_000).map((length) => Buffer.alloc(length, 7)), weight: 1 },
);

const primitives = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  uint16: fc.integer({ min: 0, max: 65_535 }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  int64: fc.oneof(
    { arbitrary: fc.maxSafeInteger(), weight: 5 },
    { arbitrary: fc.constantFrom(-1, 0, 2 ** 53, -(2 ** 53), 2 ** 62, -(2 ** 63), 2 ** 63), weight: 1 },
  ),
  float64: fc.double(),
  string: text,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString("base64url")),
  bytes: blob,
  records: blob,
};

/** What a decoder must yield for `value`: every field of the schema, defaults filled in. */
export function withDefaults(struct: Struct<Fields>, value: object): object {
  const whole: { [name: string]: unknown } = {};
  for (const [name, field] of Object.entries(struct.fields)) {
    const given = (value as { [name: string]: unknown })[name];
    whole[name] = given === undefined ? defaultOf(field) : filled(field, given);
  }
  return whole;
}

function filled(field: Field<unknown>, value: unknown): unknown {
  const type = field.type;
  if (typeof type === "string" || value === null) return value;
  if (field.isArray) return (value as object[]).map((element) => withDefaults(type, element));
  return withDefaults(type, value as object);
}
