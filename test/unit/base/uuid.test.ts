import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  isUuid,
  metadataTopicId,
  parseUuid,
  randomUuid,
  uuidFromBytes,
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
        writeUuid(target, 1, uuid);
        expect(target).toEqual(Buffer.from([7, ...bytes, 7]));
      }),
    );
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
