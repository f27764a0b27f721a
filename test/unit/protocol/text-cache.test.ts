import { expect, test } from "vitest";
import { Reader } from "../../../src/protocol/reader.ts";
import { TextCache } from "../../../src/protocol/text-cache.ts";

function stringsOf(texts: readonly string[], cache: TextCache): string[] {
  const buffer = Buffer.from(texts.join(""));
  const reader = new Reader(buffer, 0, buffer.length, cache);
  return texts.map((text) => reader.string(Buffer.byteLength(text)));
}

test("texts are what their bytes say, whatever fell on their slot before", () => {
  const cache = new TextCache();
  const texts = Array.from({ length: 5_000 }, (_, index) => `text ${index % 1_700} é`);
  texts.push("", "x".repeat(64), "x".repeat(65), "x".repeat(65), "\0", "é", "e");
  expect(stringsOf(texts, cache)).toEqual(texts);
  expect(stringsOf(texts, cache)).toEqual(texts);
});

test("what is remembered is not the buffer that it was read from", () => {
  const cache = new TextCache();
  const buffer = Buffer.from("one");
  expect(cache.string(buffer, 0, 3)).toBe("one");
  buffer.write("two");
  expect(cache.string(buffer, 0, 3)).toBe("two");
  expect(cache.string(Buffer.from("one"), 0, 3)).toBe("one");
});

test("uuids, too", () => {
  const cache = new TextCache();
  const ids = Array.from({ length: 3_000 }, (_, index) => {
    const bytes = Buffer.alloc(16);
    bytes.writeUInt32BE(index % 1_100, 12);
    return bytes;
  });
  const read = ids.map((bytes) => new Reader(bytes, 0, 16, cache).uuid());
  expect(read).toEqual(ids.map((bytes) => bytes.toString("base64url")));
});
