import { describe, expect, test } from "vitest";
import { parseOptions } from "../../../../src/cli/options/parse-options.ts";

const table = {
  list: { description: "a flag" },
  topic: { description: "text", argument: "required" },
  partitions: { description: "a number", argument: "required", type: "Integer" },
  "shift-by": { description: "a long", argument: "required", type: "Long" },
  codec: { description: "perhaps text", argument: "optional" },
  size: { description: "a default", argument: "required", type: "Integer", default: 7 },
} as const;

const parse = (...args: string[]) => parseOptions(table, args);

describe("what is understood", () => {
  test("a value in the next word, behind an equals sign, and after a single dash", () => {
    expect(parse("--topic", "a").value("topic")).toBe("a");
    expect(parse("--topic=a=b").value("topic")).toBe("a=b");
    expect(parse("-topic", "a").value("topic")).toBe("a");
  });

  test("a required value may begin with a dash", () => {
    expect(parse("--shift-by", "-10").value("shift-by")).toBe(-10);
    expect(parse("--topic", "--list").value("topic")).toBe("--list");
  });

  test("an optional value is taken unless it looks like an option", () => {
    expect(parse("--codec", "zstd").value("codec")).toBe("zstd");
    expect(parse("--codec", "--list").has("list")).toBe(true);
    expect(parse("--codec", "--list").value("codec")).toBeUndefined();
    expect(parse("--codec").has("codec")).toBe(true);
  });

  test("words that are no options are passed over, and -- ends the options", () => {
    const options = parse("extra", "--list", "more", "--", "--topic", "a");
    expect([options.has("list"), options.has("topic")]).toEqual([true, false]);
  });

  test("an option that was not given has its default", () => {
    expect([parse().value("size"), parse().has("size"), parse().value("topic")]).toEqual([7, false, undefined]);
  });

  test("a repeated option keeps all its values", () => {
    expect(parse("--topic", "a", "--topic", "b").all("topic")).toEqual(["a", "b"]);
  });
});

describe("what is refused, in the Java parser's words", () => {
  test("an unknown option, and an abbreviation", () => {
    expect(() => parse("--bogus=1")).toThrow("bogus is not a recognized option");
    expect(() => parse("--part", "1")).toThrow("part is not a recognized option");
    expect(() => parse("-bogus")).toThrow("b is not a recognized option");
  });

  test("a value that is missing", () => {
    expect(() => parse("--topic")).toThrow("Option topic requires an argument");
  });

  test("a second value, once the one value is asked for", () => {
    const options = parse("--topic", "a", "--topic", "b");
    expect(() => options.value("topic")).toThrow(
      "Found multiple arguments for option topic, but you asked for only one",
    );
  });

  test.each(["x", "1.5", "", "2147483648", "-2147483649"])("%j as an integer", (text) => {
    expect(() => parse("--partitions", text).value("partitions")).toThrow(
      `Cannot parse argument '${text}' of option partitions`,
    );
  });
});
