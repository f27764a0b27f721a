import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { codecOf } from "../../src/protocol/codec.ts";
import { DecodeError, Reader } from "../../src/protocol/reader.ts";
import { type Message } from "../../src/protocol/schema.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { allMessages, versionsOf } from "../support/all-messages.ts";
import { messageArbitrary } from "../support/message-arbitrary.ts";
import { propertyOptions } from "../support/property-options.ts";
import { SeededRandom } from "../support/random-bytes.ts";
import { interpretedDecode } from "../support/schema-interpreter.ts";

const everyMessage = [...(await allMessages()).values()];
const { seed, numRuns } = propertyOptions(12);

/** Elements of arrays, bytes and characters in a decoded value: what the decoder had to allocate for. */
function weight(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (Buffer.isBuffer(value)) return value.length;
  if (Array.isArray(value)) return value.reduce((sum: number, element) => sum + 1 + weight(element), 0);
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + weight(inner), 0);
}

/** How much of a weight comes from fields that were not read: the zero uuids of defaults. */
const zeroUuidLength = 22;

/**
 * Decodes bytes that may be anything: a value or a DecodeError comes out, nothing larger than the frame was allocated,
 * and the slow interpreter comes to the same verdict.
 */
function tryBytes(schema: Message<unknown>, version: number, frame: Buffer): "value" | "error" {
  const reader = new Reader(frame);
  let value: unknown;
  try {
    value = codecOf(schema, version).decode(reader);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    expect(() => interpretedDecode(schema, version, frame), `${schema.name} ${version}`).toThrow();
    return "error";
  }
  expect(reader.offset).toBeLessThanOrEqual(frame.length);
  const used = frame.subarray(0, reader.offset);
  if (!isDeepStrictEqual(value, interpretedDecode(schema, version, used))) {
    throw new Error(`${schema.name} ${version}: decodings of ${used.toString("hex")} differ`);
  }
  const structs = JSON.stringify(value).split("{").length;
  expect(weight(value)).toBeLessThanOrEqual(2 * frame.length + structs * 4 * zeroUuidLength);
  return "value";
}

function sampleFrames(schema: Message<unknown>, version: number): Buffer[] {
  return fc.sample(messageArbitrary(schema, version), { seed, numRuns: 4 }).map((value) => {
    const writer = new Writer();
    codecOf(schema, version).encode(writer, value);
    return writer.toBuffer();
  });
}

/** Lengths and counts that decoders have tripped over. */
const nastyWords = [
  "7fffffff",
  "ffffffff",
  "80000000",
  "fffffffe",
  "ffffffff0f",
  "ffffffff07",
  "8080808080",
  "00ffffff",
];

function mutated(frame: Buffer, random: SeededRandom): Buffer {
  const copy = Buffer.from(frame);
  const at = random.below(copy.length + 1);
  switch (random.below(5)) {
    case 0:
      if (at < copy.length) copy[at] = copy[at]! ^ (1 << random.below(8));
      return copy;
    case 1:
      return copy.subarray(0, at);
    case 2:
      Buffer.from(nastyWords[random.below(nastyWords.length)]!, "hex").copy(copy, at);
      return copy;
    case 3:
      return Buffer.concat([copy.subarray(0, at), random.bytes(1 + random.below(4)), copy.subarray(at)]);
    default:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(Math.min(copy.length, at + 1 + random.below(8)))]);
  }
}

test("random bytes decode to a value or a DecodeError", () => {
  const random = new SeededRandom(seed);
  const outcomes = { value: 0, error: 0 };
  for (const schema of everyMessage) {
    for (const version of versionsOf(schema)) {
      for (let run = 0; run < numRuns; run++) {
        const frame = random.bytes(random.below(200));
        // Mostly zeros let a decoder get further than noise does.
        if (run % 2 === 0)
          for (let at = 0; at < frame.length; at++) if (random.below(5) > 0) frame[at] = random.below(2);
        outcomes[tryBytes(schema, version, frame)]++;
      }
    }
  }
  expect(outcomes.value).toBeGreaterThan(500);
  expect(outcomes.error).toBeGreaterThan(500);
});

test("damaged frames decode to a value or a DecodeError", () => {
  const random = new SeededRandom(seed);
  const outcomes = { value: 0, error: 0 };
  for (const schema of everyMessage) {
    for (const version of versionsOf(schema)) {
      for (const frame of sampleFrames(schema, version)) {
        if (frame.length > 4096) continue;
        for (let run = 0; run < numRuns / 2; run++) outcomes[tryBytes(schema, version, mutated(frame, random))]++;
      }
    }
  }
  expect(outcomes.value).toBeGreaterThan(1000);
  expect(outcomes.error).toBeGreaterThan(1000);
});

test("a frame that is cut off anywhere is an error", () => {
  for (const schema of everyMessage) {
    const version = schema.versions.to;
    for (const frame of sampleFrames(schema, version)) {
      for (let end = 0; end < Math.min(frame.length, 300); end++) {
        expect(() => codecOf(schema, version).decode(new Reader(frame, 0, end)), schema.name).toThrow(DecodeError);
      }
    }
  }
});
