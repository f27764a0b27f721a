import { describe, expect, test } from "vitest";
import { lineFormatOf, linesOf, recordOf } from "../../../../src/cli/console-producer/line-reader.ts";

const read = (line: string, properties: Record<string, string> = {}) => {
  const { key, value, headers } = recordOf(line, 1, lineFormatOf(new Map(Object.entries(properties))));
  return {
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: headers?.map((header) => [header.key, header.value?.toString() ?? null]),
  };
};

describe("a line as a record", () => {
  test("the whole line is the value unless told otherwise", () => {
    expect(read("k\tv")).toEqual({ key: null, value: "k\tv", headers: undefined });
  });

  test("headers, key and value", () => {
    const properties = { "parse.key": "true", "parse.headers": "TRUE " };
    expect(read("a:1,b:2\tk\tv\tw", properties)).toEqual({
      key: "k",
      value: "v\tw",
      headers: [
        ["a", "1"],
        ["b", "2"],
      ],
    });
  });

  test("separators of one's own; that of the headers is a regular expression", () => {
    const properties = {
      "parse.key": "true",
      "parse.headers": "true",
      "key.separator": "=>",
      "headers.delimiter": "|",
      "headers.separator": "[;/]",
      "headers.key.separator": "~",
    };
    expect(read("a~1;b~2/c~3|k=>v", properties).headers).toEqual([
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ]);
  });

  test("the null marker stands for null in each place", () => {
    const properties = { "parse.key": "true", "parse.headers": "true", "null.marker": "NIL" };
    expect(read("h:NIL\tNIL\tNIL", properties)).toEqual({ key: null, value: null, headers: [["h", null]] });
    expect(read("NIL\tk\tv", properties).headers).toBeUndefined();
    expect(() => read("NIL:1\tk\tv", properties)).toThrow("Header keys should not be equal to the null marker 'NIL'");
  });

  test("a part that is missing is an error, or ignored", () => {
    expect(() => read("v", { "parse.key": "true" })).toThrow("No key separator found on line number 1: 'v'");
    expect(() => read("v", { "parse.headers": "true" })).toThrow("No headers delimiter found on line number 1: 'v'");
    expect(() => read("h\tv", { "parse.headers": "true" })).toThrow(
      "No header key separator found in pair 'h' on line number 1",
    );
    const ignoring = { "parse.key": "true", "parse.headers": "true", "ignore.error": "true" };
    expect(read("v", ignoring)).toEqual({ key: null, value: "v", headers: undefined });
    expect(read("h\tk\tv", ignoring).headers).toEqual([["h", null]]);
  });

  test("separators that are the same are refused", () => {
    expect(() => lineFormatOf(new Map([["headers.separator", "\t"]]))).toThrow(
      "headers.delimiter and headers.separator may not be equal",
    );
    expect(() => lineFormatOf(new Map([["null.marker", "\t"]]))).toThrow(
      "null.marker and key.separator may not be equal",
    );
  });
});

describe("lines of a stream", () => {
  const linesIn = async (...chunks: (string | Buffer)[]) => {
    const lines: string[] = [];
    const stream = (async function* () {
      for (const chunk of chunks) yield Buffer.from(chunk as string);
    })();
    for await (const some of linesOf(stream)) lines.push(...some);
    return lines;
  };

  test("LF, CR and CRLF end a line, and so does the end of the stream", async () => {
    expect(await linesIn("a\nb\rc\r\nd")).toEqual(["a", "b", "c", "d"]);
    expect(await linesIn("a\n")).toEqual(["a"]);
    expect(await linesIn("\n\n")).toEqual(["", ""]);
    expect(await linesIn("")).toEqual([]);
  });

  test("a line end or a character that is cut between two chunks stays one", async () => {
    expect(await linesIn("a\r", "\nb", "c\r")).toEqual(["a", "bc"]);
    const bytes = Buffer.from("ä€\n");
    expect(await linesIn(bytes.subarray(0, 1), bytes.subarray(1, 3), bytes.subarray(3))).toEqual(["ä€"]);
  });

  test("bytes that are not UTF-8 are replaced, as Java does", async () => {
    expect(await linesIn(Buffer.from([0x61, 0xff, 0x0a]))).toEqual(["a\ufffd"]);
  });
});
