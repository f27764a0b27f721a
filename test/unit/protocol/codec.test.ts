import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codecOf } from "../../../src/protocol/codec.ts";
import { createTopicsResponse } from "../../../src/protocol/messages/create-topics.ts";
import { DecodeError, Reader } from "../../../src/protocol/reader.ts";
import {
  array,
  bytes,
  inRange,
  int32,
  message,
  nested,
  string,
  struct,
  type Field,
  type Fields,
  type Message,
  type Struct,
} from "../../../src/protocol/schema.ts";
import { EncodeError, Writer } from "../../../src/protocol/writer.ts";
import { allMessages, versionsOf } from "../../support/all-messages.ts";
import { messageArbitrary, withDefaults } from "../../support/message-arbitrary.ts";
import { propertyOptions } from "../../support/property-options.ts";
import { interpretedDecode, interpretedEncode, isCarried } from "../../support/schema-interpreter.ts";

function encoded(schema: Message<unknown>, version: number, value: object): Buffer {
  const writer = new Writer();
  codecOf(schema, version).encode(writer, value);
  const sizeBytes = writer.sizeBytes();
  const buffer = writer.toBuffer();
  expect(sizeBytes).toBe(buffer.length);
  return buffer;
}

const everyMessage = [...(await allMessages()).values()];

test.each(everyMessage.map((schema) => [schema.name, schema] as const))(
  "%s: each version comes back whole, and the compiled codec agrees with the interpreter",
  (_, schema) => {
    for (const version of versionsOf(schema)) {
      fc.assert(
        fc.property(messageArbitrary(schema, version), (value) => {
          const buffer = encoded(schema, version, value);
          if (!buffer.equals(interpretedEncode(schema, version, value))) throw new Error("the encodings differ");
          const reader = new Reader(buffer);
          const decoded = codecOf(schema, version).decode(reader);
          if (reader.remaining() !== 0) throw new Error("bytes are left over");
          if (!isDeepStrictEqual(decoded, withDefaults(schema.struct, value)))
            throw new Error("it came back different");
          if (!isDeepStrictEqual(interpretedDecode(schema, version, buffer), decoded))
            throw new Error("decodings differ");
        }),
        propertyOptions(15),
      );
    }
  },
);

test("elements that share an array, as an object, are encoded as those that have equal ones", () => {
  const draft = (name: string, value: string | null) => ({ name, value, readOnly: false, configSource: 5 });
  const configs = Array.from({ length: 30 }, (_, index) => draft(`a.configuration.key.${index}`, `${index}`));
  const others = configs.slice(0, 3);
  const topics = Array.from({ length: 300 }, (_, index) => {
    const shared = index % 50 === 7 ? others : index % 50 === 9 ? null : configs;
    return { name: `topic-${index}`, numPartitions: index, configs: shared };
  });
  const apart = topics.map((topic) => ({ ...topic, configs: topic.configs?.map((config) => ({ ...config })) ?? null }));
  for (const version of [4, 5, 7]) {
    const bytes = encoded(createTopicsResponse, version, { topics });
    expect(bytes.equals(encoded(createTopicsResponse, version, { topics: apart }))).toBe(true);
    expect(bytes.equals(interpretedEncode(createTopicsResponse, version, { topics }))).toBe(true);
  }
});

/** Every field of every struct in `root`, with a function that wraps one value of its struct into a whole message. */
function* placesOf(
  root: Struct<Fields>,
  version: number,
  wrap: (value: object) => object = (value) => value,
): Generator<{ name: string; field: Field<unknown>; wrap: (value: object) => object }> {
  for (const [name, field] of Object.entries(root.fields)) {
    yield { name, field, wrap };
    if (typeof field.type !== "string" && isCarried(field, version)) {
      yield* placesOf(field.type, version, (value) => wrap({ [name]: field.isArray ? [value] : value }));
    }
  }
}

function nonDefault(field: Field<unknown>): unknown {
  if (field.isArray) return field.defaultValue === null ? [] : [typeof field.type === "string" ? 1 : {}];
  if (typeof field.type !== "string") {
    if (field.defaultValue === null) return {};
    const [name, inner] = Object.entries(field.type.fields)[0]!;
    return { [name]: nonDefault(inner) };
  }
  if (field.type === "bool") return field.defaultValue !== true;
  if (field.type === "string") return "not the default";
  if (field.type === "uuid") return "BBBBBBBBBBBBBBBBBBBBBA";
  if (field.type === "bytes" || field.type === "records") return Buffer.from("not the default");
  return 77;
}

test("a value that a version cannot carry is refused, unless the field is ignorable", () => {
  let refused = 0;
  let ignored = 0;
  for (const schema of everyMessage) {
    for (const version of versionsOf(schema)) {
      for (const { name, field, wrap } of placesOf(schema.struct, version)) {
        if (isCarried(field, version)) continue;
        const value = wrap({ [name]: nonDefault(field) });
        if (field.ignorable) {
          ignored++;
          expect(encoded(schema, version, value)).toEqual(encoded(schema, version, wrap({})));
        } else {
          refused++;
          expect(() => encoded(schema, version, value), `${schema.name} ${version} ${name}`).toThrow(EncodeError);
        }
      }
    }
  }
  expect(refused).toBeGreaterThan(300);
  expect(ignored).toBeGreaterThan(300);
});

test("null is refused where a version has no null, and read back where it has", () => {
  let refused = 0;
  for (const schema of everyMessage) {
    for (const version of versionsOf(schema)) {
      for (const { name, field, wrap } of placesOf(schema.struct, version)) {
        const hasNull = field.isArray || typeof field.type !== "string" || /string|bytes|records/.test(field.type);
        if (!hasNull || !isCarried(field, version)) continue;
        const value = wrap({ [name]: null });
        if (inRange(field.nullable, version)) {
          const reader = new Reader(encoded(schema, version, value));
          expect(codecOf(schema, version).decode(reader)).toEqual(withDefaults(schema.struct, value));
        } else {
          refused++;
          expect(() => encoded(schema, version, value), `${schema.name} ${version} ${name}`).toThrow(EncodeError);
        }
      }
    }
  }
  expect(refused).toBeGreaterThan(1000);
});

const sample = message(
  "Sample",
  { versions: "0-2", flexible: "1+" },
  {
    names: array("0+", "string", { nullable: "2+" }),
    inner: nested("1+", struct("Inner", { id: int32("1+"), note: bytes("1+") }), { tagged: "1+", tag: 3 }),
    last: string("2+", { nullable: "2+", tagged: "2+", tag: 1, default: null }),
  },
);

function decodeSample(version: number, hex: string): unknown {
  return codecOf(sample, version).decode(new Reader(Buffer.from(hex.replaceAll(" ", ""), "hex")));
}

const bare = { names: [], inner: { id: 0, note: Buffer.alloc(0) }, last: null };

test("tagged fields travel in the order of their tags, and defaults stay away", () => {
  expect(encoded(sample, 2, {}).toString("hex")).toBe("0100");
  expect(encoded(sample, 2, { inner: {}, last: null }).toString("hex")).toBe("0100");
  expect(encoded(sample, 2, { inner: { id: 1 }, last: "a" }).toString("hex")).toBe(
    "01 02 01020261 03060000000101 00".replaceAll(" ", ""),
  );
});

test("tagged fields that the schema does not know are skipped", () => {
  expect(decodeSample(1, "01 02 02 03aabbcc 7f 00")).toEqual(bare);
});

test.each([
  ["an array longer than what is left", 0, "00000002 0001"],
  ["an array of a negative length that may not be null", 0, "ffffffff"],
  ["a compact array that may not be null", 1, "00 00"],
  ["a string that may not be null", 0, "00000001 ffff"],
  ["a string longer than Kafka takes", 2, `02 818002${"61".repeat(0x8000)} 00`],
  ["a count of more than five bytes", 1, "ffffffffff01"],
  ["a count of more than 31 bits", 1, "ffffffff0f"],
  ["a tagged field that ends behind the message", 1, "01 01 02 05 aa"],
  ["a tagged field longer than its value", 1, "01 01 03 07 00000001 01 00 00"],
  ["a tagged field shorter than its value", 1, "01 01 03 05 00000001 01 00"],
  ["a tag that only another version has", 1, "01 01 01 01 00"],
  ["fewer tagged fields than announced", 1, "01 7f"],
  ["nothing", 0, ""],
])("refused: %s", (_, version, hex) => {
  expect(() => decodeSample(version, hex)).toThrow(DecodeError);
});

test("a count that cannot be true is refused before the first element is read", () => {
  expect(() => decodeSample(0, "7fffffff 0000 0000")).toThrow(
    "an array of 2147483647 elements cannot stand in the 4 bytes",
  );
  // Two strings take four bytes at least, though each byte could be an element.
  expect(() => decodeSample(0, "00000003 0000 0000")).toThrow("an array of 3 elements");
});

test("the refused frames above differ from good ones only in what is wrong with them", () => {
  expect(decodeSample(2, "00 00")).toEqual({ ...bare, names: null });
  expect(decodeSample(1, "01 01 03 06 00000001 01 00")).toEqual({ ...bare, inner: { id: 1, note: Buffer.alloc(0) } });
  expect(decodeSample(2, "01 01 01 01 00")).toEqual(bare);
});

test("all versions decode to objects of one shape", () => {
  const keys = ["names", "inner", "last"];
  expect(Object.keys(decodeSample(0, "00000000") as object)).toEqual(keys);
  expect(Object.keys(decodeSample(2, "01 00") as object)).toEqual(keys);
});

test("defaults are not shared between decoded messages", () => {
  const one = decodeSample(0, "00000000") as { names: string[]; inner: object };
  const other = decodeSample(0, "00000000") as { names: string[]; inner: object };
  expect(one.names).not.toBe(other.names);
  expect(one.inner).not.toBe(other.inner);
});

test("a version that does not exist is our own mistake", () => {
  expect(() => codecOf(sample, 3)).toThrow("Sample has no version 3");
});
