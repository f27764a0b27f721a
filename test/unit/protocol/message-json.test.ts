import { describe, expect, test } from "vitest";
import { doubleText, jsonString, longText, messageJson, RawJson } from "../../../src/protocol/message-json.ts";
import { array, bytes, float64, int64, message, nested, string, struct, uuid } from "../../../src/protocol/schema.ts";

const everything = message(
  "Everything",
  { versions: "0-1", flexible: "0+" },
  {
    count: int64("0+"),
    ratio: float64("0+"),
    later: string("1+", { default: "none" }),
    blob: bytes("0+", { nullable: "0+" }),
    ids: array("0+", "uuid"),
    inner: nested("0+", struct("Inner", { name: string("0+") }), { tagged: "0+", tag: 1 }),
    tags: array("0+", "int32", { tagged: "0+", tag: 0 }),
    id: uuid("0+", { tagged: "0+", tag: 2 }),
  },
);
const value = {
  count: 5,
  ratio: 1,
  later: "x",
  blob: null,
  ids: ["AAAAAAAAAAAAAAAAAAAAAQ"],
  inner: { name: "" },
  tags: [],
  id: "AAAAAAAAAAAAAAAAAAAAAA",
};

describe("a message as JSON", () => {
  test("has the fields of its version, and tagged ones unless they are the default", () => {
    const plain = `"count":5,"ratio":1.0,"blob":null,"ids":["AAAAAAAAAAAAAAAAAAAAAQ"]`;
    expect(messageJson(everything, 0, value)).toBe(`{${plain}}`);
    expect(messageJson(everything, 1, { ...value, blob: Buffer.from("blob") })).toBe(
      `{"count":5,"ratio":1.0,"later":"x","blob":"YmxvYg==","ids":["AAAAAAAAAAAAAAAAAAAAAQ"]}`,
    );
    const tagged = { ...value, inner: { name: "n" }, tags: [1, 2], id: "AAAAAAAAAAAAAAAAAAAAAw" };
    expect(messageJson(everything, 0, tagged)).toBe(
      `{${plain},"inner":{"name":"n"},"tags":[1,2],"id":"AAAAAAAAAAAAAAAAAAAAAw"}`,
    );
  });

  test("may have other text in place of a field", () => {
    const replace = (name: string) => (name === "blob" ? new RawJson("{}") : undefined);
    expect(messageJson(everything, 0, value, replace)).toContain(`"blob":{},`);
  });
});

test.each([
  [0, "0.0"],
  [-0, "-0.0"],
  [1000, "1000.0"],
  [0.001, "0.001"],
  [0.000_15, "1.5E-4"],
  [9_999_999.5, "9999999.5"],
  [1e7, "1.0E7"],
  [-1.25e21, "-1.25E21"],
  [Infinity, `"Infinity"`],
  [Number.NaN, `"NaN"`],
])("the double %d is printed as Java does", (value, text) => {
  expect(doubleText(value)).toBe(text);
});

test("an int64 is printed with all its digits", () => {
  expect([2 ** 63, -(2 ** 63), 2n ** 62n + 1n].map(longText)).toEqual([
    "9223372036854775807",
    "-9223372036854775808",
    "4611686018427387905",
  ]);
});

test("control characters are escaped in upper case", () => {
  expect(jsonString('a"\u001b\u0000\u000f\n\\u001b é')).toBe(String.raw`"a\"\u001B\u0000\u000F\n\\u001b é"`);
});
