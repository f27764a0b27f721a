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

/** Writes the 16 bytes of a uuid that `isUuid`. */
export function writeUuid(buffer: Buffer, offset: number, uuid: Uuid): void {
  buffer.write(uuid, offset, uuidSizeBytes, "base64url");
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
