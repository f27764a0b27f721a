import { expect, test } from "vitest";
import { type ConsumedRecord } from "../../../../src/cli/client/consumer/fetched-records.ts";
import { defaultFormatter } from "../../../../src/cli/console-consumer/default-formatter.ts";
import { RecordingTerminal } from "../../../support/recording-terminal.ts";

const record: ConsumedRecord = {
  topic: "t",
  partition: 3,
  offset: 42,
  timestamp: 1_700_000_000_000,
  timestampType: "createTime",
  key: Buffer.from("k"),
  value: Buffer.from("v"),
  leaderEpoch: 0,
  headers: [
    { key: "a", value: Buffer.from("1") },
    { key: "b", value: null },
  ],
};

let terminal = new RecordingTerminal();
const print = (properties: Record<string, string>, changes: Partial<ConsumedRecord> = {}) =>
  defaultFormatter(new Map(Object.entries(properties)), terminal.log)({ ...record, ...changes }).toString();

const all = Object.fromEntries(
  ["timestamp", "partition", "offset", "delivery", "epoch", "headers", "key"].map((name) => [`print.${name}`, "true"]),
);

test("the value alone, a line for each record", () => {
  expect(print({})).toBe("v\n");
  expect(print({}, { value: null })).toBe("null\n");
});

test("every column in Kafka's order", () => {
  expect(print(all)).toBe(
    "CreateTime:1700000000000\tPartition:3\tOffset:42\tDelivery:NOT_PRESENT\tEpoch:NOT_PRESENT\ta:1,b:null\tk\tv\n",
  );
  expect(print({ "print.timestamp": "true" }, { timestampType: "logAppendTime" })).toMatch(/^LogAppendTime:/);
});

test("separators and the null literal", () => {
  const properties = {
    "print.headers": "true",
    "print.key": "true",
    "print.value": "false",
    "key.separator": "|",
    "line.separator": "#",
    "headers.separator": ";",
    "null.literal": "NIL",
  };
  expect(print(properties, { key: null })).toBe("a:1;b:NIL|NIL#");
  expect(print(properties, { headers: [] })).toBe("NO_HEADERS|k#");
  expect(print({ "print.value": "false" })).toBe("");
});

const kafka = "org.apache.kafka.common.serialization.";

test.each([
  ["StringDeserializer", "68692e", "hi."],
  ["ShortDeserializer", "fffe", "-2"],
  ["IntegerDeserializer", "0000002a", "42"],
  ["LongDeserializer", "7fffffffffffffff", "9223372036854775807"],
  ["FloatDeserializer", "3dcccccd", "0.1"],
  ["FloatDeserializer", "4b18967f", "9999999.0"],
  ["DoubleDeserializer", "6162636465666768", "1.2926117907728089E161"],
  ["DoubleDeserializer", "3ff0000000000000", "1.0"],
  ["DoubleDeserializer", "3f1a36e2eb1c432d", "1.0E-4"],
  ["BooleanDeserializer", "01", "true"],
])("%s prints %s as %s", (name, hex, expected) => {
  expect(print({ "value.deserializer": kafka + name }, { value: Buffer.from(hex, "hex") })).toBe(`${expected}\n`);
});

test("bytes of the wrong size are an error", () => {
  expect(() => print({ "value.deserializer": `${kafka}LongDeserializer` })).toThrow(
    "Size of data received by LongDeserializer is not 8",
  );
});

test("a deserializer that is not known is logged, and the bytes are printed as they are", () => {
  terminal = new RecordingTerminal();
  expect(print({ "value.deserializer": "foo.Bar" })).toBe("v\n");
  expect(terminal.complained).toContain("Unable to instantiate a deserializer from foo.Bar");
});
