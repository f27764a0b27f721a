import { expect, test } from "vitest";
import { entriesMax, OffsetMap } from "../../../../src/log/cleaner/offset-map.ts";
import { SeededRandom } from "../../../support/random-bytes.ts";

test.each([1, 7, 200, 5_000])("an offset map with %i keys knows the newest offset of each", (keyCount) => {
  const random = new SeededRandom(keyCount);
  const map = new OffsetMap(Math.ceil((keyCount + 2) / 0.9), random.bytes(16));
  const model = new Map<string, number>();
  for (let put = 0; put < keyCount * 4; put++) {
    const key = `key ${random.below(keyCount)}`;
    // Beyond 32 bits.
    const offset = put * 3_000_000_000 + random.below(5);
    const bytes = Buffer.from(`xx${key}xx`);
    map.put(bytes, 2, bytes.length - 2, offset);
    model.set(key, offset);
  }
  expect(map.size).toBe(model.size);
  for (let index = 0; index < keyCount * 2; index++) {
    const key = Buffer.from(`key ${index}`);
    expect(map.get(key, 0, key.length)).toBe(model.get(`key ${index}`) ?? -1);
  }
  expect(map.get(Buffer.alloc(0), 0, 0)).toBe(-1);
});

test("a buffer holds as many keys as Apache Kafka's: 24 bytes each, up to the load factor", () => {
  expect(entriesMax(134_217_728, 0.9)).toBe(5_033_164);
  expect(entriesMax(24, 1)).toBe(1);
});
