import { expect, test } from "vitest";
import { xxh3 } from "../../../src/base/xxh3.ts";

/** From hash4j 0.22, which Kafka 4.3 hashes topics with: each way of hashing, at its ends. */
const golden: readonly (readonly [length: number, hash: string])[] = [
  [0, "2d06800538d394c2"],
  [1, "13e608bc156defed"],
  [3, "a9088dda485b481c"],
  [4, "6d9253b16c8b1ed3"],
  [8, "60539db630471163"],
  [9, "feff668361d723a8"],
  [16, "b8c859b0f030b585"],
  [17, "714a04408e79b80f"],
  [32, "19ff4ee1d6ba1a55"],
  [33, "3e44983ad21679c8"],
  [64, "287eb1fa9e4be2c1"],
  [65, "829218de4d798646"],
  [128, "67425a03650261bf"],
  [129, "c664bf3311c6abc4"],
  [200, "746cd0025327bf5b"],
  [240, "64556dc6b462a6cf"],
  [241, "8beadd3a8874fe17"],
  [512, "f58202b8d9019d1d"],
  [1024, "9b81661c641c72b1"],
  [1025, "806c2072ed713576"],
  [5000, "799aaddd7339581d"],
];

test.each(golden)("%i bytes", (length, hash) => {
  const input = Buffer.from(Array.from({ length }, (_, index) => (index * 7 + 3) & 255));
  expect(BigInt.asUintN(64, xxh3(input)).toString(16)).toBe(hash);
});
