import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isUuid,
  metadataTopicId,
  parseUuid,
  randomUuid,
  uuidFromBytes,
  uuidSizeBytes,
  writeUuid,
  zeroUuid,
} from "../../../src/base/uuid.ts";
import { type Random } from "../../../src/io/ports.ts";

function randomOf(...draws: Buffer[]): Random {
  return { float: () => 0, bytes: () => draws.shift()! };
}

describe("uuid", () => {
  it("round-trips any 16 bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (bytes) => {
        const uuid = uuidFromBytes(Buffer.from(bytes));
        expect(isUuid(uuid)).toBe(true);
        const target = Buffer.alloc(18, 7);
        expect(writeUuid(target, 1, uuid)).toBe(true);
        expect(target).toEqual(Buffer.from([7, ...bytes, 7]));
      }),
    );
  });

  it("takes what it tells from other text, and nothing else", () => {
    const characters = fc.constantFrom(..."AQgwBz09-_+/=é\u0141\u{1F600}");
    const texts = fc.string({ unit: characters, minLength: 21, maxLength: 23 });
    const target = Buffer.alloc(uuidSizeBytes);
    fc.assert(
      fc.property(texts, (text) => writeUuid(target, 0, text) === isUuid(text)),
      { numRuns: 500 },
    );
    for (let code = 0; code < 0x200; code++) {
      for (const at of [0, 3, 20, 21]) {
        const text = zeroUuid.slice(0, at) + String.fromCharCode(code) + zeroUuid.slice(at + 1);
        if (writeUuid(target, 0, text) !== isUuid(text)) throw new Error(`character ${code} at ${at}`);
      }
    }
  });

  it("names the reserved ids as Kafka does", () => {
    expect(uuidFromBytes(Buffer.alloc(16))).toBe(zeroUuid);
    expect(uuidFromBytes(Buffer.from("00000000000000000000000000000001", "hex"))).toBe(metadataTopicId);
  });

  it("draws version 4 ids that do not start with a dash", () => {
    const dash = Buffer.alloc(16, 0xfb);
    const fine = Buffer.alloc(16, 0xff);
    fine[0] = 0;
    const uuid = randomUuid(randomOf(dash, fine));
    expect(Buffer.from(uuid, "base64url").toString("hex")).toBe("00ffffffffff4fffbfffffffffffffff");
  });

  it("tells uuids from other text", () => {
    expect(isUuid("AAAAAAAAAAAAAAAAAAAAAB")).toBe(false);
    expect(isUuid("AAAAAAAAAAAAAAAAAAAAA")).toBe(false);
    expect(isUuid("AAAAAAAAAAAAAAAAAAAA+A")).toBe(false);
    expect(parseUuid("AAAAAAAAAAAAAAAAAAAAAB")).toBe(zeroUuid);
    expect(parseUuid("AAAAAAAAAAAAAAAAAAAAAA==")).toBe(zeroUuid);
    expect(parseUuid("AAAA")).toBeUndefined();
  });
});
