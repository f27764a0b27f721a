import { expect, test } from "vitest";
import { SipHash } from "../../../src/base/sip-hash.ts";

/** The published vectors of SipHash-2-4-128: the key 00..0f, the input 00..(length - 1). */
const vectors: readonly (readonly [length: number, hash: string])[] = [
  [0, "a3817f04ba25a8e66df67214c7550293"],
  [1, "da87c1d86b99af44347659119b22fc45"],
  [7, "a1f1ebbed8dbc153c0b84aa61ff08239"],
  [8, "3b62a9ba6258f5610f83e264f31497b4"],
  [15, "5493e99933b0a8117e08ec0f97cfc3d9"],
  [16, "6ee2a4ca67b054bbfd3315bf85230577"],
  [63, "5150d1772f50834a503e069a973fbd7c"],
];

test.each(vectors)("the hash of %i bytes", (length, expected) => {
  const hash = new SipHash(Uint8Array.from({ length: 16 }, (_, index) => index));
  // Behind and before other bytes, so that the range is heeded.
  const bytes = Uint8Array.from({ length: length + 4 }, (_, index) => index - 2);
  hash.hash(bytes, 2, 2 + length);
  const found = Buffer.alloc(16);
  for (const [index, word] of hash.words.entries()) found.writeInt32LE(word, index * 4);
  expect(found.toString("hex")).toBe(expected);
});
