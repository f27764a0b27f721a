import { type Random } from "../io/ports.ts";
import { type Uuid } from "./brand.ts";

/** Sixteen zero bytes: "none". */
export const zeroUuid: Uuid = "AAAAAAAAAAAAAAAAAAAAAA";
/** The id of the topic `__cluster_metadata`; never drawn at random. */
export const metadataTopicId: Uuid = "AAAAAAAAAAAAAAAAAAAAAQ";

export const uuidSizeBytes = 16;
const uuidShape = /^[A-Za-z0-9_-]{21}[AQgw]$/;

export function uuidFromBytes(buffer: Buffer, offset = 0): Uuid {
  return buffer.toString("base64url", offset, offset + uuidSizeBytes);
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/** By the code of a character of ASCII: its six bits in base64url, or the seventh when it has none. */
const noDigit = 0x40;
const digits = new Uint8Array(128).fill(noDigit);
for (let value = 0; value < alphabet.length; value++) digits[alphabet.charCodeAt(value)] = value;

/** Writes the 16 bytes of a uuid; false, with anything in their place, when `text` is none. */
export function writeUuid(buffer: Buffer, offset: number, text: string): text is Uuid {
  if (text.length !== 22) return false;
  let at = offset;
  let bits = 0;
  let faults = 0;
  for (let i = 0; i < 22; i++) {
    const code = text.charCodeAt(i);
    const digit = digits[code & 0x7f]!;
    faults |= (digit & noDigit) | (code & ~0x7f);
    bits = (bits << 6) | digit;
    if ((i & 3) !== 3) continue;
    buffer[at++] = bits >> 16;
    buffer[at++] = bits >> 8;
    buffer[at++] = bits;
    bits = 0;
  }
  buffer[at] = bits >> 4;
  return faults === 0 && (bits & 0x0f) === 0;
}

/** Whether `text` is a uuid as Kafka prints it: 22 characters of base64url, the four bits left over being zero. */
export function isUuid(text: string): text is Uuid {
  return uuidShape.test(text);
}

/** The canonical form of a uuid that a person wrote (padding, stray last bits); undefined when it is not 16 bytes. */
export function parseUuid(text: string): Uuid | undefined {
  if (!/^[A-Za-z0-9_-]{22}(==)?$/.test(text)) return undefined;
  return Buffer.from(text, "base64url").toString("base64url");
}

/**
 * A random uuid (RFC 9562 version 4), never a reserved one. None starts with "-", since people hand them to command-line
 * tools, which would take it for an option.
 */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(uuidSizeBytes);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith("-")) return uuid;
  }
}
